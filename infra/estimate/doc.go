// Package estimate says what a workload costs on AWS, line by line.
//
// It promises that every line is a quantity times a price, that the quantities
// follow from how the platform works (requests of each verb, as the tests of
// infra/dynamo count them; posts of each delivery), and that what is assumed
// stands beside the result. It knows list prices of one region and one day
// (see Listed); it does not know free tiers, discounts, taxes, the price of
// another region, or how long your functions really take: that is what
// Assumed says, and what the bill of the first week corrects.
package estimate
