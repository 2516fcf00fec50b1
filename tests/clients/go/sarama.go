package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

func saramaConfig(change func(*sarama.Config)) *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V2_8_0_0
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	if change != nil {
		change(config)
	}
	return config
}

func saramaCreate(topic string, partitions int32, entries map[string]*string) error {
	admin, err := sarama.NewClusterAdmin([]string{bootstrap}, saramaConfig(nil))
	if err != nil {
		return err
	}
	defer admin.Close()
	return admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}, false)
}

func saramaProduce(topic string, count int, change func(*sarama.Config)) error {
	producer, err := sarama.NewSyncProducer([]string{bootstrap}, saramaConfig(change))
	if err != nil {
		return err
	}
	defer producer.Close()
	messages := make([]*sarama.ProducerMessage, count)
	for i := range messages {
		key, value := row(i)
		messages[i] = &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(key), Value: sarama.StringEncoder(value), Headers: []sarama.RecordHeader{{Key: []byte("h"), Value: []byte("1")}}}
	}
	return producer.SendMessages(messages)
}

type collector struct {
	want int
	got  []*sarama.ConsumerMessage
	stop context.CancelFunc
}

func (c *collector) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (c *collector) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (c *collector) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		c.got = append(c.got, message)
		session.MarkMessage(message, "")
		if len(c.got) == c.want {
			session.Commit()
			c.stop()
			return nil
		}
	}
	return nil
}

func saramaConsume(topic, group string, count int) ([]*sarama.ConsumerMessage, error) {
	consumer, err := sarama.NewConsumerGroup([]string{bootstrap}, group, saramaConfig(nil))
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	running, stop := context.WithCancel(context.Background())
	defer stop()
	handler := &collector{want: count, stop: stop}
	for running.Err() == nil {
		if err := consumer.Consume(running, []string{topic}, handler); err != nil {
			return nil, err
		}
	}
	return handler.got, nil
}

func saramaRoundTrip(name string, change func(*sarama.Config)) error {
	topic := fmt.Sprintf("%s-sarama-%s", prefix, name)
	if err := saramaCreate(topic, 1, nil); err != nil {
		return err
	}
	if err := saramaProduce(topic, 300, change); err != nil {
		return err
	}
	got, err := saramaConsume(topic, topic+"-group", 300)
	if err != nil {
		return err
	}
	for i, message := range got {
		key, value := row(i)
		if string(message.Key) != key || string(message.Value) != value || message.Offset != int64(i) {
			return fmt.Errorf("record %d differs", i)
		}
	}
	return nil
}

func saramaAdministration() error {
	topic := prefix + "-sarama-admin"
	retention := "3600000"
	if err := saramaCreate(topic, 2, map[string]*string{"retention.ms": &retention}); err != nil {
		return err
	}
	if err := saramaCreate(topic, 2, nil); !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return fmt.Errorf("second creation: %v", err)
	}
	admin, err := sarama.NewClusterAdmin([]string{bootstrap}, saramaConfig(nil))
	if err != nil {
		return err
	}
	defer admin.Close()
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"}})
	if err != nil {
		return err
	}
	if len(entries) != 1 || entries[0].Value != retention {
		return fmt.Errorf("configs %v", entries)
	}
	if err := admin.CreatePartitions(topic, 5, nil, false); err != nil {
		return err
	}
	if err := admin.DeleteTopic(topic); err != nil {
		return err
	}
	return until(func() (bool, error) {
		topics, err := admin.ListTopics()
		_, listed := topics[topic]
		return !listed, err
	}, "topic is still listed")
}

func saramaResume() error {
	topic := prefix + "-sarama-resume"
	if err := saramaCreate(topic, 1, nil); err != nil {
		return err
	}
	if err := saramaProduce(topic, 100, nil); err != nil {
		return err
	}
	if _, err := saramaConsume(topic, topic+"-group", 40); err != nil {
		return err
	}
	rest, err := saramaConsume(topic, topic+"-group", 60)
	if err == nil && rest[0].Offset != 40 {
		err = fmt.Errorf("resumed at %d", rest[0].Offset)
	}
	return err
}

func saramaErrors() error {
	topic := prefix + "-sarama-errors"
	limit := "2000"
	if err := saramaCreate(topic, 1, map[string]*string{"max.message.bytes": &limit}); err != nil {
		return err
	}
	producer, err := sarama.NewSyncProducer([]string{bootstrap}, saramaConfig(nil))
	if err != nil {
		return err
	}
	defer producer.Close()
	value := make([]byte, 20000)
	_, _ = rand.Read(value)
	if _, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder(value)}); !errors.Is(err, sarama.ErrMessageSizeTooLarge) {
		return fmt.Errorf("a record over the limit: %v", err)
	}
	return nil
}

func saramaChecks() {
	checks := reporter{"sarama", moduleVersion("github.com/IBM/sarama")}
	codecs := []struct {
		name  string
		codec sarama.CompressionCodec
	}{{"none", sarama.CompressionNone}, {"gzip", sarama.CompressionGZIP}, {"snappy", sarama.CompressionSnappy}, {"lz4", sarama.CompressionLZ4}, {"zstd", sarama.CompressionZSTD}}
	checks.run("create, describe, alter, delete topics", saramaAdministration)
	for _, each := range codecs {
		checks.run("produce and consume "+each.name, func() error {
			return saramaRoundTrip(each.name, func(config *sarama.Config) { config.Producer.Compression = each.codec })
		})
	}
	checks.run("idempotent producer", func() error {
		return saramaRoundTrip("idempotent", func(config *sarama.Config) {
			config.Producer.Idempotent = true
			config.Net.MaxOpenRequests = 1
		})
	})
	checks.run("group resumes from its commit", saramaResume)
	checks.run("errors reach the application", saramaErrors)
}
