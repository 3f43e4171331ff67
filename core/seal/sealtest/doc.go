// Package sealtest holds what the ports of core/seal are tested with: suites
// that everything behind them passes, models of both in memory, and what makes
// their calls fail.
//
// It promises nothing about secrecy that cannot be observed: which algorithms a
// vault uses, and how it keeps its own keys, is for its own tests.
package sealtest
