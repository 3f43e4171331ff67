// Package socket is the WebSocket engine of the standalone host: RFC 6455
// server connections, taken over from net/http after the upgrade, and a fan-out
// that encodes a frame once and shares its bytes among all who receive it. It
// knows nothing of topics, tokens or API Gateway.
//
// # What it promises
//
//   - Each connection's frames arrive in the order in which they were sent to it.
//   - Sending never blocks. A receiver that is slow costs the others nothing, and
//     keeps alive at most twice Options.Backlog and 1 MiB, whatever else is sent
//     meanwhile: 1 MiB more behind a Cork, 256 KiB more over TLS, and whatever one frame is
//     larger that comes while it is not behind. Past Options.Backlog Send answers ErrSlow and
//     the owner decides.
//   - A receiver misses frames only when it falls behind by Options.Backlog while most
//     of the others keep up. When most are behind, it is the machine that is slow:
//     then the connection that publishes is not read until they have caught
//     up, for a second at most if they take nothing (see Server.SendAll).
//   - A connection that is behind itself is not read either: who does not read the
//     answers cannot ask more.
//   - However much one connection sends, others get their turn after a millisecond of it, or
//     eight frames if those take longer, and their answers wait for eight milliseconds
//     at most, and for the writing of what has gathered till then.
//   - Handler calls of one connection are made one at a time, in order, and
//     Closed comes last, exactly once.
//
// # What it does not promise
//
//   - Delivery: a frame that Send accepted is lost when the connection ends first.
//   - Order between connections, or between two goroutines that send at once.
//   - To hold back those who publish from elsewhere, over HTTP for instance.
//   - permessage-deflate, binary messages from clients (refused with 1003), or a
//     check of the Origin header: owners authenticate by token.
//
// # How a message goes
//
// An event loop reads it and calls Handler.Message; SendAll appends the frame to each
// receiver's queue, which for frames that lie next to each other in memory only
// grows a span; when the loop's round is over, each receiver gets all that has gathered
// with one send. What the kernel does not take waits until it says that it will; small
// spans that wait are copied together, since each keeps alive the memory around it.
//
// # Why it is built so
//
// Medians of three runs on two shared cores that were in use, the load generator on the same
// cores, 128 bytes to all, against a broadcast server on Bun 1.4 (uWebSockets)
// measured in turns; to the last of so many, and server CPU per delivery:
//
//	               1               100             1,000             5,000
//	io_uring     8.6 µs  5.5 µs   250 µs  1.2 µs   3.5 ms  1.7 µs   30.8 ms  3.6 µs
//	epoll        8.4 µs  5.6 µs   258 µs  1.6 µs   3.6 ms  3.2 µs   33.7 ms  4.5 µs
//	goroutines  13.1 µs 11.5 µs   372 µs  2.6 µs   5.4 ms  4.6 µs   46.3 ms  7.4 µs
//	Bun          7.6 µs  4.7 µs   310 µs  1.6 µs   4.8 ms  2.5 µs   39.3 ms  5.3 µs
//
// In bursts, million deliveries per second, and server CPU:
//
//	            1               100              1,000            5,000
//	io_uring  3.4  0.23 µs   17.8  0.037 µs   14.5  0.045 µs   13.0  0.052 µs
//	epoll     3.5  0.21 µs   18.9  0.044 µs   14.5  0.052 µs   11.9  0.060 µs
//	goroutines 2.7 0.31 µs   11.4  0.081 µs    7.0  0.114 µs    3.4  0.285 µs
//	Bun       2.0  0.38 µs    4.3  0.131 µs    3.7  0.170 µs    2.3  0.219 µs
//
// Libraries that could have carried it, measured the same way on cores that were busier, hence
// only server CPU per delivery and memory per idle connection, as multiples of Bun's:
//
//	                          to the last of                 in bursts to          idle
//	                     1     100   1,000  5,000      100    1,000   5,000
//	io_uring            0.85   0.77   0.74   0.68      0.34    0.32    0.55        0.42
//	epoll               0.88   0.87   1.3    0.93      0.39    0.41    0.54        0.41
//	gnet, gathering     1.1    0.91   0.92   1.1       0.23    0.20    0.20        0.27
//	gnet with gobwas/ws 1.3    1.8    1.4    0.93     16      21      24           0.26
//	nbio                6.0    1.4    2.1    1.1      11      18      25           0.58
//	gws                 2.0    1.6    1.7    1.3       8.8     8.4    13           3.4
//	coder/websocket     2.4    2.0    2.6    1.6      16      10      12           9.5
//
// The libraries write each frame to each receiver by itself. gnet is ahead of this
// package in bursts and idle when the program gathers what one reading brought and writes it
// from the one loop; but it has no TLS, and copies for each receiver what the kernel does not
// take, without a bound: 20 that did not read 20 MB cost 357 MB. Frames, queues, bounds and TLS
// would have been ours to write all the same, and io_uring is cheaper one message at a time. The
// table of bursts above is older than the bound of a connection's turn to a millisecond:
// with that, bursts to 5,000 cost twice the CPU, 0.12 µs.
//
// An idle connection adds 1.3 kB to the process on the loops, most of it the heap's slack
// from serving the upgrade (alive is about a quarter of a kilobyte), 13 kB on
// goroutines; over TLS 14 and 26 kB, which is crypto/tls. Waiting in the runtime's poller cost
// more CPU than in our own epoll_wait.
//
// On a quiet machine of two cores, what a message to many takes is the kernel's: nine tenths of
// the server's CPU time are spent in tcp_sendmsg, the receivers' half of TCP included, and
// receivers on the same machine use the other core just as fully (at 5,000, 4.9 µs per
// delivery on one core and 5.0 on the other). So these did not help there, tried on
// the whole platform with receivers that were served without pause:
//
//   - two loops, or a goroutine that sends beside the loop: 37 instead of 25 ms to the last of 5,000,
//     12.6 instead of 10.9 to 2,500, for it takes from the receivers. With pauses of a
//     quarter of a second, after which TCP acknowledges on the sender's side, it is the other
//     way round, 23 instead of 40: a benchmark has to have the pattern that it is about;
//   - sending to the first receivers while the others are being queued: the first have it
//     20 to 70 µs sooner, the last at the same time;
//   - larger batches for the ring, and waiting in epoll without the scheduler's knowledge.
//
// To repeat, with other servers through -peer and -peer-pid:
//
//	go test ./infra/local/socket -run xxx -bench 'ToTheLast|Burst|Idle' -benchtime 200ms
package socket
