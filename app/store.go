package app

import (
	"path/filepath"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/syndtr/goleveldb/leveldb/filter"
	"github.com/syndtr/goleveldb/leveldb/opt"
)

// storeName is the database's name in a node's data folder; all of the SDK's
// commands use it.
const storeName = "application"

// Sizes of the database. LevelDB's defaults are meant for a phone: with many
// machines a third of a node's work was merging small tables again and again.
// Each full write buffer is merged with everything in its range of keys, which
// is nearly everything. Memory for it is allocated as it fills.
const (
	blockCache  = 128 * opt.MiB
	writeBuffer = 128 * opt.MiB
	tableSize   = 16 * opt.MiB
	levelOne    = 128 * opt.MiB
)

// OpenStore opens the application's database in the data folder of a node's home.
func OpenStore(home string, backend dbm.BackendType) (dbm.DB, error) {
	dir := filepath.Join(home, "data")
	if backend != dbm.GoLevelDBBackend {
		return dbm.NewDB(storeName, backend, dir)
	}
	return dbm.NewGoLevelDBWithOpts(storeName, dir, &opt.Options{
		Filter: filter.NewBloomFilter(10),
		// Most of a tree's nodes are hashes: compressing them took half of the
		// time for merging and saved little.
		Compression: opt.NoCompression,
		// A tree's reads are spread over all tables, so each table would soon
		// be compacted just because it was read.
		DisableSeeksCompaction: true,
		BlockCacheCapacity:     blockCache, WriteBuffer: writeBuffer, CompactionTableSize: tableSize, CompactionTotalSize: levelOne,
	})
}
