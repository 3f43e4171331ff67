package template

// addStage reads the settings of a stage.
func (b *builder) addStage(a *WebSocketAPI, take taker, p, name, variables value) {
	s := &Stage{Name: take.text(name, "StageName"), Line: name.line, Variables: map[string]string{}, Throttles: map[string]*Throttle{}}
	for i, variable := range variables.names {
		s.Variables[variable] = take.text(variables.items[i], "the stage variable "+variable)
	}
	s.Throttle = throttle(take, p.get("DefaultRouteSettings"))
	routes := p.get("RouteSettings")
	for i, key := range routes.names {
		s.Throttles[key] = throttle(take, routes.items[i])
	}
	a.Stages = append(a.Stages, s)
}

func throttle(take taker, v value) *Throttle {
	rate, burst := v.get("ThrottlingRateLimit"), v.get("ThrottlingBurstLimit")
	if rate.kind != scalar && burst.kind != scalar {
		return nil
	}
	t := &Throttle{}
	if rate.kind == scalar {
		r := take.number(rate, "ThrottlingRateLimit")
		t.Rate = &r
	}
	if burst.kind == scalar {
		n := take.count(burst, "ThrottlingBurstLimit")
		t.Burst = &n
	}
	return t
}

// stage reads an AWS::ApiGatewayV2::Stage.
func (b *builder) stage(r *resource) {
	b.later = append(b.later, func() {
		p := r.properties
		id := p.get("ApiId").text
		if a := b.sockets[id]; a != nil {
			b.addStage(a, taker{&a.Problems}, p, p.get("StageName"), p.get("StageVariables"))
		} else if h := b.https[id]; h != nil {
			h.Stage = p.get("StageName").text
		} else {
			b.unsupported(r.line, "%s belongs to an API that is not in the template", r.id)
		}
	})
}
