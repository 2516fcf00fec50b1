"""librdkafka through confluent-kafka."""
import os
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from report import expect, records, run_case

BOOTSTRAP = os.environ["BOOTSTRAP"]
PREFIX = os.environ["PREFIX"] + "-librdkafka"
NAME, VERSION = "librdkafka (confluent-kafka)", f"{confluent_kafka.libversion()[0]} ({confluent_kafka.version()})"
admin = AdminClient({"bootstrap.servers": BOOTSTRAP})


def case(title, body):
    run_case(NAME, VERSION, title, body)


def create(topic, partitions=1, config=None):
    admin.create_topics([NewTopic(topic, partitions, 1, config=config or {})])[topic].result(15)


def produce(topic, config, rows):
    acked = {}
    errors = []
    producer = Producer({"bootstrap.servers": BOOTSTRAP, **config})

    def delivered(error, message):
        if error is not None:
            errors.append(error)
        else:
            acked[message.key()] = (message.partition(), message.offset())

    for key, value in rows:
        producer.produce(topic, value, key, headers=[("h", b"1")], on_delivery=delivered)
        producer.poll(0)
    expect(producer.flush(20) == 0, "records left in the queue")
    expect(not errors, f"delivery failed: {errors[:1]}")
    return acked


def consume(topic, count, group, commit=False, extra=None):
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, **(extra or {})})
    consumer.subscribe([topic])
    got = []
    deadline = time.monotonic() + 60
    try:
        while len(got) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            got.append(message)
        expect(len(got) == count, f"read {len(got)} of {count}")
        if commit:
            consumer.commit(got[-1], asynchronous=False)
    finally:
        consumer.close()
    return got


def round_trip(codec):
    topic = f"{PREFIX}-{codec}"
    create(topic)
    rows = records()
    produce(topic, {"compression.type": codec, "linger.ms": 5}, rows)
    got = consume(topic, len(rows), f"{topic}-group")
    expect([(m.key(), m.value()) for m in got] == rows, "records differ")
    expect([m.offset() for m in got] == list(range(len(rows))), "offsets are not dense")
    expect(got[0].headers() == [("h", b"1")], "headers differ")


def idempotent():
    topic = f"{PREFIX}-idempotent"
    create(topic, 2)
    rows = records()
    acked = produce(topic, {"enable.idempotence": True}, rows)
    expect(len(acked) == len(rows), "not all acknowledged")
    expect(len(consume(topic, len(rows), f"{topic}-group")) == len(rows), "count differs")


def resume():
    topic = f"{PREFIX}-resume"
    create(topic)
    produce(topic, {}, records(100))
    consume(topic, 40, f"{topic}-group", commit=True)
    rest = consume(topic, 60, f"{topic}-group")
    expect(rest[0].offset() == 40, f"resumed at {rest[0].offset()}")


def two_members():
    topic = f"{PREFIX}-members"
    create(topic, 4)
    config = {"bootstrap.servers": BOOTSTRAP, "group.id": f"{topic}-group", "auto.offset.reset": "earliest", "session.timeout.ms": 10000, "partition.assignment.strategy": "range"}
    members = [Consumer(config), Consumer(config)]
    for member in members:
        member.subscribe([topic])
    deadline = time.monotonic() + 60
    shares = []
    while time.monotonic() < deadline:
        for member in members:
            member.poll(0.1)
        shares = [sorted(p.partition for p in member.assignment()) for member in members]
        if sorted(shares[0] + shares[1]) == [0, 1, 2, 3] and all(shares):
            break
    for member in members:
        member.close()
    expect(sorted(shares[0] + shares[1]) == [0, 1, 2, 3] and all(shares), f"assignment {shares}")


def consumer_protocol():
    topic = f"{PREFIX}-modern"
    create(topic, 4)
    config = {"bootstrap.servers": BOOTSTRAP, "group.id": f"{topic}-group", "group.protocol": "consumer", "auto.offset.reset": "earliest"}

    def settle(members, sizes):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and [len(member.assignment()) for member in members] != sizes:
            for member in members:
                member.poll(0.1)
        found = [len(member.assignment()) for member in members]
        expect(found == sizes, f"assignment {found} and not {sizes}")

    members = [Consumer(config), Consumer(config)]
    for member in members:
        member.subscribe([topic])
    settle(members, [2, 2])
    members.pop(0).close()
    settle(members, [4])
    members[0].subscribe([f"^{topic}.*"])
    create(f"{topic}-later", 2)
    settle(members, [6])
    members[0].close()


def administration():
    topic = f"{PREFIX}-admin"
    create(topic, 2, {"retention.ms": "3600000"})
    try:
        create(topic)
        raise AssertionError("a second creation succeeded")
    except KafkaException as error:
        expect(error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, f"got {error}")
    admin.create_partitions([NewPartitions(topic, 5)])[topic].result(15)
    deadline = time.monotonic() + 60
    while len(admin.list_topics(topic, timeout=10).topics[topic].partitions) != 5:
        expect(time.monotonic() < deadline, "partitions did not grow")
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    values = admin.describe_configs([resource])[resource].result(15)
    expect(values["retention.ms"].value == "3600000", "retention.ms differs")
    admin.delete_topics([topic])[topic].result(15)
    deadline = time.monotonic() + 60
    while topic in admin.list_topics(timeout=10).topics:
        expect(time.monotonic() < deadline, "topic is still listed")


def errors():
    topic = f"{PREFIX}-errors"
    create(topic, 1, {"max.message.bytes": "2000"})
    try:
        produce(topic, {"message.max.bytes": 100000}, [(b"k", os.urandom(20000))])
        raise AssertionError("a record over the limit was accepted")
    except AssertionError as error:
        expect("MSG_SIZE_TOO_LARGE" in str(error), str(error))
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": f"{topic}-group"})
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    expect((low, high) == (0, 0), f"watermarks {(low, high)}")
    consumer.close()


def transactions():
    source, target, group = f"{PREFIX}-txn-from", f"{PREFIX}-txn-to", f"{PREFIX}-txn-group"
    create(source)
    create(target)
    produce(source, {}, [(str(i), str(i)) for i in range(200)])
    done, life = 0, 0
    while done < 200:
        life += 1
        expect(life < 60, f"only {done} in {life} lives")
        consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False, "isolation.level": "read_committed"})
        producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": f"{PREFIX}-txn"})
        producer.init_transactions(20)
        consumer.subscribe([source])
        taken = []
        deadline = time.monotonic() + 60
        while not taken and time.monotonic() < deadline:
            taken = [each for each in consumer.consume(20, 1.0) if each.error() is None]
        producer.begin_transaction()
        for message in taken:
            producer.produce(target, str(2 * int(message.value())), message.key())
        producer.send_offsets_to_transaction([TopicPartition(source, 0, taken[-1].offset() + 1)], consumer.consumer_group_metadata(), 20)
        if life % 4 == 2:
            producer.abort_transaction(20)
        elif life % 4 == 3:
            producer.flush(20)  # left open: the next life ends it
        else:
            producer.commit_transaction(20)
            done += len(taken)
        consumer.close()
    rows = consume(target, 200, group + "-check", extra={"isolation.level": "read_committed"})
    expect(sorted(int(each.value()) for each in rows) == [2 * i for i in range(200)], "some arrived more or less than once")


case("create, describe, alter, delete topics", administration)
for each in ["none", "gzip", "snappy", "lz4", "zstd"]:
    case(f"produce and consume {each}", lambda: round_trip(each))
case("idempotent producer", idempotent)
case("group resumes from its commit", resume)
case("two members share the partitions", two_members)
case("members of the consumer protocol share, and subscribe by pattern", consumer_protocol)
case("consume, transform, produce: exactly once", transactions)
case("errors reach the application", errors)
