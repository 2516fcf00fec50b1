"""Produces numbered values until standard input closes; prints each acknowledged value with its offset."""
import os
import sys
import threading

from confluent_kafka import Producer

topic = os.environ["TOPIC"]
producer = Producer({"bootstrap.servers": os.environ["BOOTSTRAP"], "enable.idempotence": True, "acks": "all", "linger.ms": 1, "message.timeout.ms": 120000, "reconnect.backoff.max.ms": 200})
stopping = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopping.set()), daemon=True).start()


def delivered(error, message):
    if error is None:
        print(f"acked {message.value().decode()} {message.offset()}")
    else:
        print(f"failed {message.value().decode()} {error}", file=sys.stderr)


number = 0
while not stopping.is_set():
    try:
        producer.produce(topic, f"{number}", on_delivery=delivered)
        number += 1
    except BufferError:
        producer.poll(0.1)
    producer.poll(0)
    if number % 20 == 0:
        sys.stdout.flush()
        stopping.wait(0.004)
producer.flush(60)
sys.stdout.flush()
