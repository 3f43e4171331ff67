package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Options say where and how Disk keeps things.
type Options struct {
	// Folder is made if need be. "" keeps everything in memory, by the same
	// code, and forgets it on Close.
	Folder string
	// SyncWrites makes every commit survive the loss of power, not only the
	// end of the process, at a price in time; see the package comment.
	SyncWrites bool
	// Now is the clock by which things expire.
	Now func() time.Time
	// Trouble is told what failed where nobody is left to be told. Nil means
	// that nobody wants to know.
	Trouble func(what string, err error)
}

// Disk keeps what outlives the process. Made by Open; its fields are not
// changed. Safe for concurrent use.
type Disk struct {
	Telemetry *Telemetry
	Secrets   *Secrets
	Directory *Directory
	Vault     *Vault
	Ledger    *Ledger

	options Options
	lock    *os.File // nil in memory
	key     []byte   // nil in memory
	db      *badger.DB
	space   space
	// writing is held for reading by whoever writes: while space is
	// reclaimed, Badger refuses writes.
	writing sync.RWMutex
	// using counts who is in db, which unmaps its files when it closes: what
	// is read after that ends the process. closed keeps others out; reading
	// guards it.
	reading sync.RWMutex
	closed  bool
	using   sync.WaitGroup
	stop    chan struct{}
	closing sync.Once
	stopped sync.WaitGroup

	reclaimed atomic.Int64 // when that last went through, in seconds; 0 for not yet
}

// The memory that Badger may take. Its own defaults are made for servers that
// do nothing else: 64 MB for each of five memtables, 256 MB of block cache.
const (
	memtable   = 4 << 20
	memtables  = 2
	blockCache = 4 << 20
	indexCache = 2 << 20
	vlogFile   = 1 << 20   // nothing is written to it: all values are below inline
	inline     = 512 << 10 // values up to this size lie in the LSM tree, where an expired one goes with its key
)

// Open opens the stores, or says what its caller can do about it: ErrInUse,
// ErrNoKey or ErrWrongKey is in the chain where one of them is why.
func Open(o Options) (*Disk, error) {
	d := &Disk{options: o, stop: make(chan struct{})}
	if o.Folder == "" {
		if err := d.open(badger.DefaultOptions("").WithInMemory(true), ""); err != nil {
			return nil, err
		}
		return d, nil
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	var err error
	if d.lock, err = lockFolder(o.Folder); err != nil {
		return nil, err
	}
	if err = d.openFolder(); err != nil {
		return nil, errors.Join(err, d.lock.Close())
	}
	return d, nil
}

// openFolder opens the stores in the folder, which is locked.
func (d *Disk) openFolder() error {
	tree := filepath.Join(d.options.Folder, "db")
	if err := finishRestore(d.options.Folder); err != nil {
		return fmt.Errorf("finish a restoration: %w", err)
	}
	if err := os.MkdirAll(tree, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	d.space.free = func() (uint64, error) { return freeSpace(tree) }
	var err error
	if d.key, err = folderKey(d.options.Folder, tree); err != nil {
		return err
	}
	err = d.open(badger.DefaultOptions(tree).WithEncryptionKey(d.key).WithSyncWrites(d.options.SyncWrites), d.options.Folder)
	if errors.Is(err, badger.ErrEncryptionKeyMismatch) {
		return fmt.Errorf("%w: the data in %s was written with another key than that in %s; put the right key file back, or choose another folder with --data",
			ErrWrongKey, tree, keyPath(d.options.Folder))
	}
	return err
}

func (d *Disk) open(b badger.Options, folder string) (err error) {
	d.Secrets, err = openSecrets(folder, d.options.Now, d.trouble)
	if err != nil {
		return err
	}
	if d.Vault, err = openVault(folder, d.options.Now); err != nil {
		return err
	}
	if d.db, err = openBadger(b, d.trouble); err != nil {
		return err
	}
	d.Telemetry = newTelemetry(d)
	d.Directory = &Directory{disk: d}
	d.Ledger = &Ledger{disk: d}
	d.stopped.Go(d.Telemetry.commitAll)
	d.stopped.Go(d.keepHouse)
	d.stopped.Go(d.Ledger.verify)
	return nil
}

func openBadger(b badger.Options, trouble func(string, error)) (*badger.DB, error) {
	db, err := badger.Open(b.
		WithMemTableSize(memtable).WithNumMemtables(memtables).
		WithBlockCacheSize(blockCache).WithIndexCacheSize(indexCache).
		WithValueLogFileSize(vlogFile).WithValueThreshold(inline).
		WithNumCompactors(2).WithNumGoroutines(2).WithMetricsEnabled(false).WithDetectConflicts(false).
		WithLogger(logger{trouble}))
	if err != nil {
		return nil, fmt.Errorf("open the stores: %w", err)
	}
	return db, nil
}

// Close commits what is buffered and closes the stores. What is called later,
// and a report that is being read, gets ErrClosed. Closing again does nothing.
func (d *Disk) Close() (err error) {
	d.closing.Do(func() { err = d.close() })
	return err
}

func (d *Disk) close() error {
	d.Telemetry.close()
	close(d.stop)
	d.stopped.Wait()
	d.reading.Lock()
	d.closed = true
	d.reading.Unlock()
	d.using.Wait()
	d.Vault.close()
	err := d.db.Close()
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	if err != nil {
		return fmt.Errorf("close the stores: %w", err)
	}
	return nil
}

// keepHouse destroys and reclaims what nobody may read any more.
func (d *Disk) keepHouse() {
	const perReclaim = 60 // minutes
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	more := false
	for n := 1; ; n++ {
		select {
		case <-d.stop:
			return
		case <-minute.C:
		}
		d.Secrets.destroyOld()
		if more || n%perReclaim == 1 {
			dropped, err := d.Reclaim()
			if more = dropped == dropsAtOnce; err != nil {
				d.trouble("reclaim the space of what nobody may read any more", err)
			}
		}
	}
}

func (d *Disk) trouble(what string, err error) {
	if d.options.Trouble != nil {
		d.options.Trouble(what, err)
	}
}

// write runs f, which writes, if there is room, and while writing is allowed.
func (d *Disk) write(f func() error) error {
	if err := d.space.check(); err != nil {
		return err
	}
	d.writing.RLock()
	defer d.writing.RUnlock()
	return d.use(f)
}

// view runs f, which reads.
func (d *Disk) view(f func(*badger.Txn) error) error {
	return d.use(func() error { return d.db.View(f) })
}

// use runs f, which Close waits for, or returns ErrClosed. The lock is not held
// meanwhile, so f may use the stores as well: it is refused when they close,
// where a second lock would wait for a Close that waits for the first.
func (d *Disk) use(f func() error) error {
	d.reading.RLock()
	if d.closed {
		d.reading.RUnlock()
		return ErrClosed
	}
	d.using.Add(1)
	d.reading.RUnlock()
	defer d.using.Done()
	return f()
}

// stopping returns ErrClosed from when Close begins.
func (d *Disk) stopping() error {
	select {
	case <-d.stop:
		return ErrClosed
	default:
		return nil
	}
}

// logger passes on what Badger has to say when something is wrong.
type logger struct{ trouble func(string, error) }

func (l logger) Errorf(format string, args ...any) {
	l.trouble("badger", fmt.Errorf(format, args...))
}
func (l logger) Warningf(string, ...any) {}
func (l logger) Infof(string, ...any)    {}
func (l logger) Debugf(string, ...any)   {}
