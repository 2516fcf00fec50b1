"""
Copies SOURCE to TARGET in transactions until standard input closes; prints what was committed. After an error the process ends, for
whoever started it to start it again: while the broker is away librdkafka's handles may never close.
"""
import os
import sys
import threading

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

SOURCE, TARGET = os.environ["SOURCE"], os.environ["TARGET"]
common = {"bootstrap.servers": os.environ["BOOTSTRAP"], "reconnect.backoff.max.ms": 200, "log_level": 0}
stopping = threading.Event()


def listen():
    sys.stdin.read()
    stopping.set()


# Kept here, since the end of a handle may not come back.
producer = Producer({**common, "transactional.id": TARGET, "transaction.timeout.ms": 10_000})
consumer = Consumer({**common, "group.id": TARGET, "auto.offset.reset": "earliest", "enable.auto.commit": False, "isolation.level": "read_committed", "session.timeout.ms": 6000, "heartbeat.interval.ms": 500})


def live():
    producer.init_transactions(20)
    consumer.subscribe([SOURCE])
    while not stopping.is_set():
        taken = []
        while len(taken) < 20 and (message := consumer.poll(0.1)) is not None:
            if message.error() is None:
                taken.append(message)
        if not taken:
            continue
        producer.begin_transaction()
        offsets = {}
        for message in taken:
            producer.produce(TARGET, message.value(), message.value())
            offsets[message.partition()] = message.offset() + 1
        positions = [TopicPartition(SOURCE, partition, offset) for partition, offset in offsets.items()]
        producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), 20)
        committed = False
        while not committed:
            try:
                producer.commit_transaction(20)
                committed = True
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
        print("committed", len(taken), flush=True)


threading.Thread(target=listen, daemon=True).start()
try:
    live()
except KafkaException as error:
    print("ends after", error, file=sys.stderr, flush=True)
    os._exit(1)
os._exit(0)
