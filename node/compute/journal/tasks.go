package journal

import (
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// Add writes a new task. plan sees every other task in the same transaction and
// fills in what t reserves, so that two creates can't take the same thing.
func (j *Journal) Add(t Task, plan func(others []Task, t *Task) error) (Task, error) {
	err := j.updateTasks(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketTasks)
		if bucket.Get([]byte(t.ID)) != nil {
			return ErrExists
		}
		others, err := all(bucket)
		if err != nil {
			return err
		}
		if err := plan(others, &t); err != nil {
			return err
		}
		return put(bucket, []byte(t.ID), t)
	})
	return t, err
}

// Change rewrites a task in one transaction. An error of change leaves it as it was.
func (j *Journal) Change(id string, change func(t *Task) error) (Task, error) {
	var t Task
	err := j.updateTasks(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketTasks)
		var err error
		if t, err = decode(bucket.Get([]byte(id))); err != nil {
			return err
		}
		if err := change(&t); err != nil {
			return err
		}
		return put(bucket, []byte(id), t)
	})
	return t, err
}

// Replan is Change whose plan also sees every other task, as with Add.
func (j *Journal) Replan(id string, plan func(others []Task, t *Task) error) (Task, error) {
	var t Task
	err := j.updateTasks(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(bucketTasks)
		others, err := all(bucket)
		if err != nil {
			return err
		}
		if t, err = decode(bucket.Get([]byte(id))); err != nil {
			return err
		}
		others = slices.DeleteFunc(others, func(other Task) bool { return other.ID == id })
		if err := plan(others, &t); err != nil {
			return err
		}
		return put(bucket, []byte(id), t)
	})
	return t, err
}

// Task returns the task with the given id, or ErrNotFound.
func (j *Journal) Task(id string) (t Task, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		t, err = decode(tx.Bucket(bucketTasks).Get([]byte(id)))
		return err
	})
	return t, err
}

// Tasks returns every task, by id.
func (j *Journal) Tasks() (tasks []Task, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		tasks, err = all(tx.Bucket(bucketTasks))
		return err
	})
	return tasks, err
}

// Remove forgets a task, with those whose disks it had taken over, and releases
// what it reserved; one that does not exist is no error.
func (j *Journal) Remove(id string) error {
	return j.updateTasks(func(tx *bbolt.Tx) error {
		return forgetTask(tx.Bucket(bucketTasks), id)
	})
}

// View is the last trusted state of the chain.
type View struct {
	Height int64 `json:"height"`
}

// LastView returns the view that SetView stored last.
func (j *Journal) LastView() (v View, err error) {
	err = j.db.View(func(tx *bbolt.Tx) error {
		text := tx.Bucket(bucketMeta).Get(keyView)
		if text == nil {
			return nil
		}
		return json.Unmarshal(text, &v)
	})
	return v, err
}

// SetView stores v.
func (j *Journal) SetView(v View) error {
	return j.update(func(tx *bbolt.Tx) error { return put(tx.Bucket(bucketMeta), keyView, v) })
}

func all(bucket *bbolt.Bucket) ([]Task, error) {
	var tasks []Task
	err := bucket.ForEach(func(_, text []byte) error {
		t, err := decode(text)
		tasks = append(tasks, t)
		return err
	})
	return tasks, err
}

func decode(text []byte) (t Task, err error) {
	if text == nil {
		return t, ErrNotFound
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, fmt.Errorf("read a task: %w", err)
	}
	nameOld(t.Network.Ports)
	nameOld(t.Reserved.Ports)
	return t, nil
}
