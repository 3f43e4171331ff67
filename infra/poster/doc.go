// Package poster posts frames to connections through API Gateway's Management
// API (POST and DELETE @connections). It is the hot path of the platform.
package poster
