"""aiokafka."""
import asyncio
import os

import aiokafka
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError

from report import expect, records, run_case

BOOTSTRAP = os.environ["BOOTSTRAP"]
PREFIX = os.environ["PREFIX"] + "-aiokafka"


def case(title, body):
    run_case("aiokafka", aiokafka.__version__, title, lambda: asyncio.run(asyncio.wait_for(body(), 60)))


async def with_admin(body):
    admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    await admin.start()
    try:
        return await body(admin)
    finally:
        await admin.close()


async def create(topic, partitions=1, config=None):
    async def body(admin):
        response = await admin.create_topics([NewTopic(name=topic, num_partitions=partitions, replication_factor=1, topic_configs=config or {})])
        return response.topic_errors[0][1]

    return await with_admin(body)


async def consume(topic, count, group, commit=False):
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=BOOTSTRAP, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        got = [await asyncio.wait_for(consumer.getone(), 60) for _ in range(count)]
        if commit:
            await consumer.commit({aiokafka.TopicPartition(topic, got[-1].partition): got[-1].offset + 1})
        return got
    finally:
        await consumer.stop()


async def produce(topic, rows, **config):
    producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, **config)
    await producer.start()
    try:
        futures = [await producer.send(topic, value, key, headers=[("h", b"1")]) for key, value in rows]
        return [(await future).offset for future in futures]
    finally:
        await producer.stop()


async def round_trip(codec):
    topic = f"{PREFIX}-{codec}"
    expect(await create(topic) == 0, "creation failed")
    rows = records()
    offsets = await produce(topic, rows, compression_type=None if codec == "none" else codec, linger_ms=5)
    expect(offsets == list(range(len(rows))), "acknowledged offsets are not dense")
    got = await consume(topic, len(rows), f"{topic}-group")
    expect([(m.key, m.value) for m in got] == rows, "records differ")


async def idempotent():
    topic = f"{PREFIX}-idempotent"
    await create(topic)
    expect(await produce(topic, records(100), enable_idempotence=True) == list(range(100)), "offsets differ")


async def resume():
    topic = f"{PREFIX}-resume"
    await create(topic)
    await produce(topic, records(100))
    await consume(topic, 40, f"{topic}-group", commit=True)
    rest = await consume(topic, 60, f"{topic}-group")
    expect(rest[0].offset == 40, f"resumed at {rest[0].offset}")


async def errors():
    topic = f"{PREFIX}-errors"
    expect(await create(topic, 1, {"max.message.bytes": "2000"}) == 0, "creation failed")
    expect(await create(topic) == 36, "a second creation was not refused with TOPIC_ALREADY_EXISTS")
    try:
        await produce(topic, [(b"k", os.urandom(20000))])
        raise AssertionError("a record over the limit was accepted")
    except MessageSizeTooLargeError:
        pass


async def delete():
    topic = f"{PREFIX}-delete"
    await create(topic, 3)

    async def body(admin):
        expect(topic in await admin.list_topics(), "not listed")
        await admin.delete_topics([topic])
        for _ in range(600):
            if topic not in await admin.list_topics():
                return
            await asyncio.sleep(0.1)
        raise AssertionError("topic is still listed")

    await with_admin(body)


case("create, delete topics", delete)
for each in ["none", "gzip", "snappy", "lz4", "zstd"]:
    case(f"produce and consume {each}", lambda: round_trip(each))
case("idempotent producer", idempotent)
case("group resumes from its commit", resume)
case("errors reach the application", errors)
