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
	checks.run("errors reach the application", franzErrors)
}
