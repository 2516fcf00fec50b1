package checks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Transactions of Apache Kafka's own Java clients against a started broker. Compiles against every release from 2.4 on. */
public final class TransactionChecks {
    private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private static final String PREFIX = System.getenv("PREFIX") + "-java-txn";
    private static final ExecutorService RUNNER = Executors.newCachedThreadPool();

    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        admin = Admin.create(config);
        run("transactions commit and abort", TransactionChecks::commitAndAbort);
        run("a transaction over many partitions", TransactionChecks::manyPartitions);
        run("a second producer fences the first", TransactionChecks::fencing);
        run("a transaction that takes too long is aborted", TransactionChecks::timeout);
        run("consume, transform, produce: exactly once", TransactionChecks::exactlyOnce);
        run("offsets of a transaction wait for its end", TransactionChecks::pendingOffsets);
        run("many small transactions", TransactionChecks::many);
        admin.close();
        System.exit(0);
    }

    private static void run(String title, Callable<Void> body) {
        Future<Void> future = RUNNER.submit(body);
        try {
            future.get(240, TimeUnit.SECONDS);
            report(title, "passed", "");
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            report(title, "failed", cause + (cause.getCause() == null ? "" : " / " + cause.getCause()));
        } catch (Exception failure) {
            report(title, "failed", "no end within 240 s");
        }
    }

    private static void report(String title, String outcome, String detail) {
        String clean = detail.replace("\\", "/").replace("\"", "'").replace("\n", " ");
        System.out.printf("{\"client\": \"Java clients\", \"version\": \"%s\", \"case\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n",
            System.getenv("CLIENT_VERSION"), title, outcome, clean.substring(0, Math.min(300, clean.length())));
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new IllegalStateException(message);
    }

    private static void create(String topic, int partitions) throws Exception {
        admin.createTopics(Collections.singletonList(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    private static KafkaProducer<String, String> producer(String id, int timeoutMs) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("transactional.id", PREFIX + "-" + id);
        config.put("transaction.timeout.ms", timeoutMs);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        KafkaProducer<String, String> producer = new KafkaProducer<>(config);
        producer.initTransactions();
        return producer;
    }

    private static KafkaConsumer<String, String> consumer(String group, String isolation) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("group.id", group);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("isolation.level", isolation);
        config.put("max.poll.records", 20);
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        return new KafkaConsumer<>(config);
    }

    /** All that a consumer of committed transactions sees up to the end, which no open transaction may hold back for long. */
    private static List<String> committed(String topic, int partitions) {
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < partitions; i++) all.add(new TopicPartition(topic, i));
        try (KafkaConsumer<String, String> plain = consumer("none", "read_uncommitted");
                KafkaConsumer<String, String> consumer = consumer("none", "read_committed")) {
            Map<TopicPartition, Long> ends = plain.endOffsets(all);
            consumer.assign(all);
            consumer.seekToBeginning(all);
            List<String> got = new ArrayList<>();
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (all.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
                expect(System.nanoTime() < deadline, "the last stable offset does not reach the end");
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) got.add(record.value());
            }
            return got;
        }
    }

    private static Void commitAndAbort() throws Exception {
        String topic = PREFIX + "-plain";
        create(topic, 1);
        List<String> expected = new ArrayList<>();
        try (KafkaProducer<String, String> producer = producer("plain", 60_000)) {
            for (int i = 0; i < 30; i++) {
                producer.beginTransaction();
                for (int j = 0; j < 10; j++) producer.send(new ProducerRecord<>(topic, "k", i + "-" + j));
                if (i % 3 == 1) producer.abortTransaction();
                else {
                    producer.commitTransaction();
                    for (int j = 0; j < 10; j++) expected.add(i + "-" + j);
                }
            }
            producer.beginTransaction();
            producer.commitTransaction();
        }
        List<String> got = committed(topic, 1);
        expect(got.equals(expected), "read " + got.size() + " of " + expected.size() + ", or in another order");
        return null;
    }

    private static Void manyPartitions() throws Exception {
        String topic = PREFIX + "-wide";
        create(topic, 12);
        try (KafkaProducer<String, String> producer = producer("wide", 60_000)) {
            for (int i = 0; i < 5; i++) {
                producer.beginTransaction();
                for (int partition = 0; partition < 12; partition++) {
                    for (int j = 0; j < 20; j++) producer.send(new ProducerRecord<>(topic, partition, null, i + "/" + partition + "/" + j));
                }
                producer.commitTransaction();
            }
        }
        expect(committed(topic, 12).size() == 5 * 12 * 20, "not all of the transactions were read");
        return null;
    }

    private static Void fencing() throws Exception {
        String topic = PREFIX + "-fenced";
        create(topic, 1);
        KafkaProducer<String, String> first = producer("fenced", 60_000);
        first.beginTransaction();
        first.send(new ProducerRecord<>(topic, "first")).get();
        KafkaProducer<String, String> second = producer("fenced", 60_000);
        second.beginTransaction();
        second.send(new ProducerRecord<>(topic, "second"));
        second.commitTransaction();
        try {
            first.send(new ProducerRecord<>(topic, "late"));
            first.commitTransaction();
            expect(false, "the first producer is not fenced");
        } catch (KafkaException fenced) {
            boolean isFenced = fenced instanceof ProducerFencedException || String.valueOf(fenced).contains("poch")
                || String.valueOf(fenced.getCause()).contains("poch") || String.valueOf(fenced).contains("Fenced");
            expect(isFenced, "fenced by " + fenced);
        }
        first.close(Duration.ofSeconds(1));
        second.close();
        expect(committed(topic, 1).equals(Collections.singletonList("second")), "not only the second was read");
        return null;
    }

    private static Void timeout() throws Exception {
        String topic = PREFIX + "-slow";
        create(topic, 1);
        try (KafkaProducer<String, String> slow = producer("slow", 1_000)) {
            slow.beginTransaction();
            slow.send(new ProducerRecord<>(topic, "slow")).get();
            expect(committed(topic, 1).isEmpty(), "an aborted record was read");
            try {
                slow.commitTransaction();
                expect(false, "a transaction was committed that had been aborted");
            } catch (KafkaException expected) {
                // what kind depends on the release
            }
        }
        return null;
    }

    /** Doubles numbers from one topic to another, with a producer that gives up at times; each number arrives once. */
    private static Void exactlyOnce() throws Exception {
        String from = PREFIX + "-from";
        String to = PREFIX + "-to";
        String group = PREFIX + "-group";
        create(from, 3);
        create(to, 3);
        int count = 600;
        try (KafkaProducer<String, String> source = producer("source", 60_000)) {
            source.beginTransaction();
            for (int i = 0; i < count; i++) source.send(new ProducerRecord<>(from, String.valueOf(i), String.valueOf(i)));
            source.commitTransaction();
        }
        Random random = new Random(7);
        int done = 0;
        long deadline = System.nanoTime() + 60_000_000_000L;
        for (int life = 0; done < count; life++) {
            try (KafkaConsumer<String, String> consumer = consumer(group, "read_committed");
                    KafkaProducer<String, String> producer = producer("worker", 60_000)) {
                consumer.subscribe(Collections.singletonList(from));
                for (boolean isAlive = true; isAlive && done < count; ) {
                    expect(System.nanoTime() < deadline, "only " + done + " of " + count + " in time");
                    ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
                    if (records.isEmpty()) continue;
                    producer.beginTransaction();
                    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                    for (ConsumerRecord<String, String> record : records) {
                        producer.send(new ProducerRecord<>(to, record.key(), String.valueOf(2 * Integer.parseInt(record.value()))));
                        offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
                    }
                    sendOffsets(producer, offsets, consumer, group);
                    int choice = random.nextInt(10);
                    if (choice == 0) {
                        producer.abortTransaction();
                        isAlive = false;
                    } else if (choice == 1) {
                        producer.flush();
                        isAlive = false;
                    } else {
                        producer.commitTransaction();
                        done += records.count();
                    }
                }
            }
        }
        List<String> got = committed(to, 3);
        TreeMap<Integer, Integer> times = new TreeMap<>();
        for (String value : got) times.merge(Integer.parseInt(value), 1, Integer::sum);
        for (int i = 0; i < count; i++) expect(Integer.valueOf(1).equals(times.get(2 * i)), i + " arrived " + times.get(2 * i) + " times");
        expect(got.size() == count, got.size() + " records for " + count);
        return null;
    }

    @SuppressWarnings("deprecation")
    private static void sendOffsets(
        KafkaProducer<String, String> producer, Map<TopicPartition, OffsetAndMetadata> offsets, KafkaConsumer<String, String> consumer, String group) throws Exception {
        try {
            Object metadata = KafkaConsumer.class.getMethod("groupMetadata").invoke(consumer);
            KafkaProducer.class
                .getMethod("sendOffsetsToTransaction", Map.class, Class.forName("org.apache.kafka.clients.consumer.ConsumerGroupMetadata"))
                .invoke(producer, offsets, metadata);
        } catch (NoSuchMethodException | ClassNotFoundException old) {
            KafkaProducer.class.getMethod("sendOffsetsToTransaction", Map.class, String.class).invoke(producer, offsets, group);
        }
    }

    private static Void pendingOffsets() throws Exception {
        String topic = PREFIX + "-pending";
        String group = PREFIX + "-pending-group";
        create(topic, 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaProducer<String, String> producer = producer("pending", 60_000);
                KafkaConsumer<String, String> consumer = consumer(group, "read_committed")) {
            consumer.assign(Collections.singletonList(partition));
            for (int i = 1; i <= 4; i++) {
                producer.beginTransaction();
                sendOffsets(producer, Collections.singletonMap(partition, new OffsetAndMetadata(i)), consumer, group);
                if (i % 2 == 0) producer.abortTransaction();
                else producer.commitTransaction();
            }
            long deadline = System.nanoTime() + 60_000_000_000L;
            long found = -1;
            while (found != 3 && System.nanoTime() < deadline) {
                OffsetAndMetadata committed = consumer.committed(Collections.singleton(partition)).get(partition);
                found = committed == null ? -1 : committed.offset();
            }
            expect(found == 3, "the committed offset is " + found);
        }
        return null;
    }

    private static Void many() throws Exception {
        String topic = PREFIX + "-many";
        create(topic, 4);
        try (KafkaProducer<String, String> producer = producer("many", 60_000)) {
            for (int i = 0; i < 500; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, String.valueOf(i), String.valueOf(i)));
                producer.commitTransaction();
            }
        }
        expect(committed(topic, 4).size() == 500, "not all transactions were read");
        return null;
    }
}
