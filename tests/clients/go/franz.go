package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var background = context.Background()

func franzClient(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap)}, options...)...)
}

func franzCreate(topic string, partitions int32, configs map[string]*string) error {
	client, err := franzClient()
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopic(background, partitions, 1, configs, topic)
	return err
}

func franzProduce(topic string, count int, options ...kgo.Opt) error {
	client, err := franzClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	for i := 0; i < count; i++ {
		key, value := row(i)
		client.Produce(background, &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("1")}}}, func(_ *kgo.Record, failure error) {
			if failure != nil {
				err = failure
			}
		})
	}
	if flushed := client.Flush(background); flushed != nil {
		return flushed
	}
	return err
}

func franzConsume(topic, group string, count int) ([]*kgo.Record, error) {
	client, err := franzClient(kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var got []*kgo.Record
	for len(got) < count {
		fetches := client.PollRecords(background, count-len(got))
		if failed := fetches.Errors(); len(failed) > 0 {
			return nil, failed[0].Err
		}
		got = append(got, fetches.Records()...)
	}
	return got, client.CommitRecords(background, got...)
}

func franzRoundTrip(codec string, option kgo.Opt) error {
	topic := fmt.Sprintf("%s-franz-%s", prefix, codec)
	if err := franzCreate(topic, 1, nil); err != nil {
		return err
	}
	if err := franzProduce(topic, 300, option); err != nil {
		return err
	}
	got, err := franzConsume(topic, topic+"-group", 300)
	if err != nil {
		return err
	}
	for i, record := range got {
		key, value := row(i)
		if string(record.Key) != key || string(record.Value) != value || record.Offset != int64(i) || record.Headers[0].Key != "h" {
			return fmt.Errorf("record %d differs", i)
		}
	}
	return nil
}

func franzAdministration() error {
	topic := prefix + "-franz-admin"
	retention := "3600000"
	if err := franzCreate(topic, 2, map[string]*string{"retention.ms": &retention}); err != nil {
		return err
	}
	if err := franzCreate(topic, 2, nil); !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("second creation: %v", err)
	}
	client, err := franzClient()
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	configs, err := admin.DescribeTopicConfigs(background, topic)
	if err != nil {
		return err
	}
	for _, entry := range configs[0].Configs {
		if entry.Key == "retention.ms" && entry.MaybeValue() != retention {
			return fmt.Errorf("retention.ms is %s", entry.MaybeValue())
		}
	}
	if _, err := admin.UpdatePartitions(background, 5, topic); err != nil {
		return err
	}
	if _, err := admin.DeleteTopics(background, topic); err != nil {
		return err
	}
	return until(func() (bool, error) {
		topics, err := admin.ListTopics(background)
		return !topics.Has(topic), err
	}, "topic is still listed")
}

func franzResume() error {
	topic := prefix + "-franz-resume"
	if err := franzCreate(topic, 1, nil); err != nil {
		return err
	}
	if err := franzProduce(topic, 100); err != nil {
		return err
	}
	if _, err := franzConsume(topic, topic+"-group", 40); err != nil {
		return err
	}
	rest, err := franzConsume(topic, topic+"-group", 60)
	if err == nil && rest[0].Offset != 40 {
		err = fmt.Errorf("resumed at %d", rest[0].Offset)
	}
	return err
}

func franzErrors() error {
	topic := prefix + "-franz-errors"
	limit := "2000"
	if err := franzCreate(topic, 1, map[string]*string{"max.message.bytes": &limit}); err != nil {
		return err
	}
	client, err := franzClient(kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		return err
	}
	defer client.Close()
	value := make([]byte, 20000)
	_, _ = rand.Read(value)
	err = client.ProduceSync(background, &kgo.Record{Topic: topic, Value: value}).FirstErr()
	if !errors.Is(err, kerr.MessageTooLarge) {
		return fmt.Errorf("a record over the limit: %v", err)
	}
	return nil
}

func franzChecks() {
	checks := reporter{"franz-go", moduleVersion("github.com/twmb/franz-go")}
	codecs := []struct {
		name  string
		codec kgo.CompressionCodec
	}{{"none", kgo.NoCompression()}, {"gzip", kgo.GzipCompression()}, {"snappy", kgo.SnappyCompression()}, {"lz4", kgo.Lz4Compression()}, {"zstd", kgo.ZstdCompression()}}
	checks.run("create, describe, alter, delete topics", franzAdministration)
	for _, each := range codecs {
		checks.run("produce and consume "+each.name, func() error { return franzRoundTrip(each.name, kgo.ProducerBatchCompression(each.codec)) })
	}
	checks.run("idempotent producer", func() error { return franzRoundTrip("idempotent", kgo.RequiredAcks(kgo.AllISRAcks())) })
	checks.run("group resumes from its commit", franzResume)
	checks.run("consume, transform, produce: exactly once", franzExactlyOnce)
	checks.run("errors reach the application", franzErrors)
}

// Doubles numbers from one topic to another; every third transaction is given up, and its numbers are read again.
func franzExactlyOnce() error {
	from, to, group := prefix+"-franz-from", prefix+"-franz-to", prefix+"-franz-group"
	for _, topic := range []string{from, to} {
		if err := franzCreate(topic, 1, nil); err != nil {
			return err
		}
	}
	const count = 100
	if err := franzProduce(from, count); err != nil {
		return err
	}
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(bootstrap), kgo.TransactionalID(prefix+"-franz-txn"),
		kgo.ConsumeTopics(from), kgo.ConsumerGroup(group), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.RequireStableFetchOffsets())
	if err != nil {
		return err
	}
	defer session.Close()
	for done, turn := 0, 0; done < count; turn++ {
		fetches := session.PollRecords(background, 10)
		if failed := fetches.Errors(); len(failed) > 0 {
			return failed[0].Err
		}
		if err := session.Begin(); err != nil {
			return err
		}
		records := fetches.Records()
		for _, record := range records {
			session.Produce(background, &kgo.Record{Topic: to, Key: record.Key, Value: record.Value}, nil)
		}
		committed, err := session.End(background, kgo.TransactionEndTry(turn%3 != 1))
		if err != nil {
			return err
		}
		if committed {
			done += len(records)
		}
	}
	reader, err := franzClient(kgo.ConsumeTopics(to), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer reader.Close()
	times := map[string]int{}
	for total := 0; total < count; {
		for _, record := range reader.PollFetches(background).Records() {
			times[string(record.Key)]++
			total++
		}
	}
	if len(times) != count {
		return fmt.Errorf("%d of %d arrived", len(times), count)
	}
	return nil
}
