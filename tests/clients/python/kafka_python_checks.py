"""kafka-python."""
import os
import time

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError

from report import expect, records, run_case

BOOTSTRAP = os.environ["BOOTSTRAP"]
PREFIX = os.environ["PREFIX"] + "-kafka-python"
admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)


def case(title, body):
    run_case("kafka-python", kafka.__version__, title, body)


def create(topic, partitions=1, config=None):
    admin.create_topics([NewTopic(name=topic, num_partitions=partitions, replication_factor=1, topic_configs=config or {})])


def consume(topic, count, group):
    consumer = KafkaConsumer(topic, bootstrap_servers=BOOTSTRAP, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
    got = []
    deadline = time.monotonic() + 60
    while len(got) < count and time.monotonic() < deadline:
        for batch in consumer.poll(timeout_ms=500, max_records=count - len(got)).values():
            got.extend(batch)
    expect(len(got) == count, f"read {len(got)} of {count}")
    return consumer, got


def round_trip(codec):
    topic = f"{PREFIX}-{codec}"
    create(topic)
    rows = records()
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=None if codec == "none" else codec, linger_ms=5)
    futures = [producer.send(topic, value, key, headers=[("h", b"1")]) for key, value in rows]
    offsets = [future.get(20).offset for future in futures]
    producer.close()
    expect(offsets == list(range(len(rows))), "acknowledged offsets are not dense")
    consumer, got = consume(topic, len(rows), f"{topic}-group")
    consumer.close()
    expect([(m.key, m.value) for m in got] == rows, "records differ")
    expect(got[0].headers == [("h", b"1")], "headers differ")


def resume():
    topic = f"{PREFIX}-resume"
    create(topic)
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    for key, value in records(100):
        producer.send(topic, value, key)
    producer.close()
    consumer, _ = consume(topic, 40, f"{topic}-group")
    consumer.commit()
    consumer.close()
    consumer, rest = consume(topic, 60, f"{topic}-group")
    consumer.close()
    expect(rest[0].offset == 40, f"resumed at {rest[0].offset}")


def errors():
    topic = f"{PREFIX}-errors"
    create(topic, 1, {"max.message.bytes": "2000"})
    try:
        create(topic)
        raise AssertionError("a second creation succeeded")
    except TopicAlreadyExistsError:
        pass
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP)
    try:
        producer.send(topic, os.urandom(20000)).get(20)
        raise AssertionError("a record over the limit was accepted")
    except MessageSizeTooLargeError:
        pass
    finally:
        producer.close()


def delete():
    topic = f"{PREFIX}-delete"
    create(topic, 3)
    expect(topic in admin.list_topics(), "not listed")
    admin.delete_topics([topic])
    deadline = time.monotonic() + 60
    while topic in admin.list_topics():
        expect(time.monotonic() < deadline, "topic is still listed")


def offsets():
    topic = f"{PREFIX}-none"
    consumer = KafkaConsumer(bootstrap_servers=BOOTSTRAP)
    partition = TopicPartition(topic, 0)
    expect(consumer.beginning_offsets([partition])[partition] == 0, "beginning differs")
    expect(consumer.end_offsets([partition])[partition] == 300, "end differs")
    found = consumer.offsets_for_times({partition: 0})[partition]
    expect(found.offset == 0, "lookup by time differs")
    consumer.close()


case("create, delete topics", delete)
for each in ["none", "gzip", "snappy", "lz4", "zstd"]:
    case(f"produce and consume {each}", lambda: round_trip(each))
case("offsets by end and by time", offsets)
case("group resumes from its commit", resume)
case("errors reach the application", errors)
