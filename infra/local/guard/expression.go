package guard

import (
	"regexp"
	"slices"
	"strings"
)

// equality is where a key condition says what the partition key is: the one
// comparison that it allows of it.
var equality = regexp.MustCompile(`(#?[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(:[A-Za-z0-9_]+)`)

// leadingKey returns what a query says that the partition key is, "" if it
// cannot be told.
func (o operation) leadingKey(hash string) string {
	for _, m := range equality.FindAllStringSubmatch(o.KeyConditionExpression, -1) {
		if hash != "" && o.name(m[1]) == hash {
			return o.ExpressionAttributeValues[m[2]].text()
		}
	}
	return ""
}

// name returns what stands behind a placeholder.
func (o operation) name(s string) string {
	if strings.HasPrefix(s, "#") {
		return o.ExpressionAttributeNames[s]
	}
	return s
}

// word is a name, a placeholder, or a value, with a path into a document before
// it as far as it belongs to it.
var word = regexp.MustCompile(`[.:]?#?[A-Za-z_][A-Za-z0-9_]*`)

// reserved are the words of expressions that are no attributes. They are
// reserved: an attribute of such a name needs a placeholder.
var reserved = []string{
	"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN",
	"ATTRIBUTE_EXISTS", "ATTRIBUTE_NOT_EXISTS", "ATTRIBUTE_TYPE", "BEGINS_WITH", "CONTAINS", "SIZE", "IF_NOT_EXISTS", "LIST_APPEND",
}

// named returns the attributes at top level that expressions name.
func (o operation) named() []string {
	var all []string
	for _, expression := range []string{
		o.KeyConditionExpression, o.FilterExpression, o.ProjectionExpression, o.UpdateExpression, o.ConditionExpression,
	} {
		for _, w := range word.FindAllString(expression, -1) {
			if w[0] == '.' || w[0] == ':' || slices.Contains(reserved, strings.ToUpper(w)) {
				continue
			}
			all = append(all, o.name(w))
		}
	}
	return all
}

// attributes returns all attributes that an operation names.
func (o operation) attributes() []string {
	all := o.named()
	for _, i := range []item{o.Key, o.Item} {
		for name := range i {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// selected returns what is asked for of each item: an expression that says so
// is the same as SPECIFIC_ATTRIBUTES (API reference of Query, "Select").
func (o operation) selected() []string {
	switch {
	case o.Select != "":
		return []string{o.Select}
	case o.ProjectionExpression != "":
		return []string{"SPECIFIC_ATTRIBUTES"}
	}
	return nil
}
