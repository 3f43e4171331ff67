package runtime

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// version is the one that there is of every function.
const version = "$LATEST"

// environment returns the variables of a function, but for where its Runtime
// API is:
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
//
// Of the host's own variables it gets PATH and no other.
func (h *Host) environment(s *Spec) []string {
	env := map[string]string{
		"AWS_ACCESS_KEY_ID":     "local",
		"AWS_SECRET_ACCESS_KEY": "local",
		"AWS_SESSION_TOKEN":     "local",
		"AWS_REGION":            h.opts.Region,
		"AWS_DEFAULT_REGION":    h.opts.Region,
		"LANG":                  "en_US.UTF-8",
		"PATH":                  os.Getenv("PATH"),
		"TZ":                    ":UTC",
	}
	maps.Copy(env, h.opts.Env)
	maps.Copy(env, s.Env)
	maps.Copy(env, map[string]string{
		"_HANDLER":                        s.Handler,
		"AWS_EXECUTION_ENV":               "AWS_Lambda_" + s.Runtime,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(s.Memory),
		"AWS_LAMBDA_FUNCTION_NAME":        s.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     version,
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + s.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      "local/[" + version + "]",
		"LAMBDA_RUNTIME_DIR":              s.Dir,
		"LAMBDA_TASK_ROOT":                s.Dir,
	})
	if strings.HasPrefix(s.Runtime, "provided") {
		delete(env, "AWS_EXECUTION_ENV") // as on Lambda
	}
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}
