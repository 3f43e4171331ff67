// Package template reads SAM and CloudFormation templates, and says what in
// them one machine can run: WebSocket APIs, HTTP APIs, functions with their
// roles and event sources, and tables.
//
// # What it promises
//
//   - Intrinsic functions give what they give in a deployed stack, as far as a
//     template and its parameters say it. A resource without a name of its own
//     is called by its logical id, and an ARN is made of that and of Options.
//   - What only a deployed stack knows stays unknown. That is an error of the
//     resource that needs it (Problems), with its line and what to do, and of no
//     other.
//   - What it sees and nobody here imitates is listed in Template.Unsupported.
//   - A template may come from anybody: Read ends soon, whatever it says, and
//     reads no other file.
//
// It understands YAML and JSON, SAM before and after sam build, and the
// functions Ref, Fn::Base64, Fn::FindInMap, Fn::GetAtt, Fn::If, Fn::Join,
// Fn::Select, Fn::Split, Fn::Sub and the conditions.
//
// # What it does not do
//
//   - It is no validator: what CloudFormation would refuse may be read here. Use
//     sam validate --lint.
//   - No nested stacks, modules, macros, language extensions or dynamic
//     references: what they give is unknown, and what other stacks export if
//     Options do not say it.
//   - No REST APIs, layers, or APIs described by OpenAPI documents.
package template
