// Package vault keeps the keys that personal data is sealed with. It has what is
// behind the ports of core/seal: Vault, with a data key for each owner, and
// Deployment, with the secrets that belong to nobody.
//
// A data key is a keyset of AES-256-GCM keys, of which the newest seals and all
// open. It rests wrapped by a Master: a key file on one machine (KeyFile), a key
// in AWS KMS (KMS). What is wrapped is a record of a directory.Directory that is
// handed in, and that is nobody else's: backups leave it out, because a restored
// key would undo a deletion.
//
// # What is promised
//
// A key that was destroyed is refused at once, by every process: each Sealer
// begins with a consistent read of the record. What the master has unwrapped is
// remembered for a few minutes, so that the master is not asked each time. A
// process that nobody asks for the owner any more may have the key in memory
// for as long as it takes until it unwraps another one, and nowhere else.
//
// A sealed value opens for its owner and its place only; so does a wrapped key.
//
// No key is in an error, or printed: not by any verb of package fmt, from
// however far above.
//
// It is not promised that somebody who reads this process's memory finds no
// keys, nor that a disk forgets what a file on it held: the store that is handed
// in says what Destroy makes of the old bytes.
//
// # What lies where
//
//	d 0…f          <owner>   a data key, in the part that the first digit of SHA-256 of the owner says
//	w deployment   root      32 bytes, from which keyed hashes are derived
//	               sealer    a keyset, as of an owner
//	               signer    the seed of an Ed25519 key
//
// Each is JSON: {"master": which master key wrapped it, "made": when its newest
// key was made, "key": what is wrapped}. Whatever needs no master is in clear:
// it says nothing of anybody.
//
// # Changing keys
//
// Three kinds of keys can be changed, while everything runs and reads.
//
// The data key of an owner: Vault.Rotate adds a key, which seals from then on;
// values from before stay readable. Whoever writes a value writes it under the
// new key, so most of them move by themselves. The rest is moved by who knows
// where values lie: for each of them, Reseal (a method of what Sealer returns)
// gives the value to write, or says that it need not be written. After a sweep
// in which there was nothing to write, Vault.Retire drops the old keys; what was
// sealed with them and not moved is lost.
//
// The deployment's keyset: Deployment.Rotate, and nothing else: what it seals
// (sessions, sign-ins) expires within a day, and Deployment.Retire may follow
// after that. The root and the signer stay for good: lookups and certificates
// hang on them.
//
// The master: it first becomes one that unwraps, everywhere, then the one that
// wraps; then Vault.Rewrap moves every record to it; then the old one may go.
//
//   - A key file: KeyFile.Add, Vault.Rewrap, and KeyFile.Drop when another
//     Rewrap, a minute later, has found nothing to do. Processes that have the
//     file open read it again by themselves.
//   - KMS: deploy with the new key second in KMSOptions.Keys, then first, then
//     Rewrap until it has nothing to do, then deploy without the old one. A key
//     that KMS rotates by itself needs nothing of this.
//
// All of them may be interrupted, and repeated: they go on where they were.
package vault
