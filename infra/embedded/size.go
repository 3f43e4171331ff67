package embedded

// Space returns how many bytes the stores have on the disk, as of a minute ago,
// and how many more can be written there. In memory both are zero.
func (d *Disk) Space() (used, free uint64, err error) {
	if d.space.free == nil {
		return 0, 0, nil
	}
	err = d.use(func() (err error) {
		tree, log := d.db.Size()
		used = uint64(max(0, tree) + max(0, log))
		free, err = d.space.free()
		return err
	})
	return used, free, err
}
