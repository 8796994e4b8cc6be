package journal

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// AddChanging writes a new task like Add; plan may also return other tasks that
// it changed, which are written in the same transaction.
func (j *Journal) AddChanging(t Task, plan func(others []Task, t *Task) (changed []Task, err error)) (Task, error) {
	err := j.updateTasks(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketTasks)
		if bucket.Get([]byte(t.ID)) != nil {
			return ErrExists
		}
		others, err := all(bucket)
		if err != nil {
			return err
		}
		changed, err := plan(others, &t)
		if err != nil {
			return err
		}
		for _, other := range append(changed, t) {
			if err := put(bucket, []byte(other.ID), other); err != nil {
				return err
			}
		}
		return nil
	})
	return t, err
}

// ChangeBoth rewrites two tasks in one transaction, or neither.
func (j *Journal) ChangeBoth(id, other string, change func(t, other *Task) error) error {
	return j.updateTasks(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketTasks)
		a, err := decode(bucket.Get([]byte(id)))
		if err != nil {
			return fmt.Errorf("task %s: %w", id, err)
		}
		b, err := decode(bucket.Get([]byte(other)))
		if err != nil {
			return fmt.Errorf("task %s: %w", other, err)
		}
		if err := change(&a, &b); err != nil {
			return err
		}
		if err := put(bucket, []byte(id), a); err != nil {
			return err
		}
		return put(bucket, []byte(other), b)
	})
}

// forgetTask deletes a task and those whose disks it had taken over.
func forgetTask(bucket *bbolt.Bucket, id string) error {
	tasks, err := all(bucket)
	if err != nil {
		return err
	}
	gone := []string{id}
	for i := 0; i < len(gone); i++ {
		for _, t := range tasks {
			if t.Keep.LentTo == gone[i] && t.ID != gone[i] {
				gone = append(gone, t.ID)
			}
		}
		if err := bucket.Delete([]byte(gone[i])); err != nil {
			return err
		}
	}
	return nil
}
