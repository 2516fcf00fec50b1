package checks;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;

/** Groups of the consumer protocol (KIP-848) with Apache Kafka's own consumers, releases from 4.0 on. */
public final class GroupChecks {
    private static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private static final String PREFIX = System.getenv("PREFIX") + "-groups";
    private static final ExecutorService RUNNER = Executors.newCachedThreadPool();
    private static final Duration POLL = Duration.ofMillis(50);

    private static Admin admin;

    public static void main(String[] args) throws Exception {
        Properties config = new Properties();
        config.put("bootstrap.servers", BOOTSTRAP);
        admin = Admin.create(config);
        String only = args.length == 0 ? "" : args[0];
        run(only, "one member reads and commits", GroupChecks::single);
        run(only, "members share, and one leaves", GroupChecks::share);
        run(only, "a topic grows under its group", GroupChecks::grow);
        run(only, "subscription by regular expression", GroupChecks::pattern);
        run(only, "static member comes back", GroupChecks::statics);
        run(only, "range on the server", GroupChecks::range);
        run(only, "online migration and back", GroupChecks::migrate);
        admin.close();
        System.exit(0);
    }

    private static void run(String only, String title, Callable<Void> body) {
        if (!title.contains(only)) return;
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
        System.out.printf("{\"client\": \"Java consumer groups\", \"version\": \"%s\", \"case\": \"%s\", \"outcome\": \"%s\", \"detail\": \"%s\"}%n",
            System.getenv("CLIENT_VERSION"), title, outcome, clean.substring(0, Math.min(300, clean.length())));
    }

    private static void expect(boolean condition, String message) {
        if (!condition) throw new IllegalStateException(message);
    }

    private static void create(String topic, int partitions) throws Exception {
        admin.createTopics(Collections.singletonList(new NewTopic(topic, partitions, (short) 1))).all().get();
    }

    private static void produce(String topic, int count) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i));
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String group, String... extra) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        config.put("group.id", group);
        config.put("group.protocol", "consumer");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.put("metadata.max.age.ms", 1000);
        config.put("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        for (int i = 0; i < extra.length; i += 2) config.put(extra[i], extra[i + 1]);
        return new KafkaConsumer<>(config);
    }

    /** Polls the consumers in turn until the condition holds. */
    private static void until(String what, List<KafkaConsumer<byte[], byte[]>> consumers, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                StringBuilder state = new StringBuilder(what);
                for (KafkaConsumer<byte[], byte[]> each : consumers) state.append(' ').append(each.assignment());
                throw new IllegalStateException(state.toString());
            }
            for (KafkaConsumer<byte[], byte[]> each : consumers) each.poll(POLL);
        }
    }

    /** Every partition has exactly one of the consumers. */
    private static boolean covers(Collection<KafkaConsumer<byte[], byte[]>> consumers, String topic, int partitions) {
        List<Integer> all = new ArrayList<>();
        for (KafkaConsumer<byte[], byte[]> each : consumers) {
            for (TopicPartition partition : each.assignment()) if (partition.topic().equals(topic)) all.add(partition.partition());
        }
        return all.size() == partitions && new HashSet<>(all).size() == partitions;
    }

    private static ConsumerGroupDescription describe(String group) {
        try {
            return admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static Void single() throws Exception {
        String topic = PREFIX + "-single";
        String group = topic;
        create(topic, 3);
        produce(topic, 30);
        Set<String> seen = new HashSet<>();
        try (KafkaConsumer<byte[], byte[]> member = consumer(group)) {
            member.subscribe(List.of(topic));
            until("30 records", List.of(), () -> {
                for (ConsumerRecord<byte[], byte[]> record : member.poll(POLL)) seen.add(new String(record.value(), StandardCharsets.UTF_8));
                return seen.size() == 30;
            });
            member.commitSync();
            ConsumerGroupDescription description = describe(group);
            expect(description.type() == GroupType.CONSUMER, "type " + description.type());
            expect(description.members().size() == 1, "members " + description.members());
            expect(description.members().iterator().next().assignment().topicPartitions().size() == 3, "" + description);
        }
        long sum = 0;
        for (OffsetAndMetadata each : admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values()) sum += each.offset();
        expect(sum == 30, "committed " + sum);
        boolean isListed = false;
        for (GroupListing listing : admin.listGroups().all().get())
            if (listing.groupId().equals(group)) isListed = listing.type().get() == GroupType.CONSUMER;
        expect(isListed, "listed as a consumer group");
        admin.deleteConsumerGroups(List.of(group)).all().get();
        return null;
    }

    private static Void share() throws Exception {
        String topic = PREFIX + "-share";
        create(topic, 8);
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            KafkaConsumer<byte[], byte[]> member = consumer(topic);
            member.subscribe(List.of(topic));
            members.add(member);
        }
        until("two partitions each", members, () -> covers(members, topic, 8) && members.stream().allMatch(each -> each.assignment().size() == 2));
        members.remove(0).close();
        until("all partitions without the one that left", members, () -> covers(members, topic, 8));
        for (KafkaConsumer<byte[], byte[]> each : members) each.close();
        return null;
    }

    private static Void grow() throws Exception {
        String topic = PREFIX + "-grow";
        create(topic, 1);
        try (KafkaConsumer<byte[], byte[]> member = consumer(topic)) {
            member.subscribe(List.of(topic));
            until("the first partition", List.of(member), () -> covers(List.of(member), topic, 1));
            admin.createPartitions(Map.of(topic, org.apache.kafka.clients.admin.NewPartitions.increaseTo(4))).all().get();
            until("the new partitions", List.of(member), () -> covers(List.of(member), topic, 4));
        }
        return null;
    }

    private static Void pattern() throws Exception {
        String topic = PREFIX + "-pattern-";
        create(topic + "a", 1);
        create(topic + "b", 1);
        create(PREFIX + "-other-c", 1);
        try (KafkaConsumer<byte[], byte[]> member = consumer(topic)) {
            member.subscribe(new SubscriptionPattern(PREFIX + "-pattern-[a-c]"));
            Set<TopicPartition> two = Set.of(new TopicPartition(topic + "a", 0), new TopicPartition(topic + "b", 0));
            until("both topics", List.of(member), () -> member.assignment().equals(two));
            create(topic + "c", 2);
            until("the topic that came later", List.of(member), () -> member.assignment().size() == 4);
            member.subscribe(new SubscriptionPattern("(" ));
            try {
                until("an error", List.of(member), () -> false);
            } catch (org.apache.kafka.common.errors.InvalidRegularExpression expected) {
                return null;
            }
        }
        throw new IllegalStateException("a pattern that is none was taken");
    }

    private static Void statics() throws Exception {
        String topic = PREFIX + "-static";
        create(topic, 2);
        Set<TopicPartition> had;
        String first;
        KafkaConsumer<byte[], byte[]> other = consumer(topic, "group.instance.id", "two");
        other.subscribe(List.of(topic));
        try (KafkaConsumer<byte[], byte[]> member = consumer(topic, "group.instance.id", "one")) {
            member.subscribe(List.of(topic));
            until("one each", List.of(member, other), () -> member.assignment().size() == 1 && other.assignment().size() == 1);
            had = member.assignment();
            first = member.groupMetadata().memberId();
        }
        other.poll(POLL);
        try (KafkaConsumer<byte[], byte[]> member = consumer(topic, "group.instance.id", "one")) {
            member.subscribe(List.of(topic));
            until("the same partition", List.of(member, other), () -> member.assignment().equals(had));
            expect(!member.groupMetadata().memberId().equals(first), "under a new id");
            expect(other.assignment().size() == 1, "the other one kept its own");
        }
        other.close();
        return null;
    }

    private static Void range() throws Exception {
        String topic = PREFIX + "-range";
        create(topic, 4);
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            KafkaConsumer<byte[], byte[]> member = consumer(topic, "group.remote.assignor", "range");
            member.subscribe(List.of(topic));
            members.add(member);
        }
        until("two each", members, () -> covers(members, topic, 4) && members.get(0).assignment().size() == 2);
        for (KafkaConsumer<byte[], byte[]> each : members) {
            Set<Integer> partitions = new TreeSet<>();
            for (TopicPartition partition : each.assignment()) partitions.add(partition.partition());
            expect(partitions.equals(Set.of(0, 1)) || partitions.equals(Set.of(2, 3)), "a range: " + partitions);
        }
        expect(describe(topic).partitionAssignor().equals("range"), "assignor " + describe(topic).partitionAssignor());
        for (KafkaConsumer<byte[], byte[]> each : members) each.close();
        return null;
    }

    private static Void migrate() throws Exception {
        String topic = PREFIX + "-migrate";
        create(topic, 6);
        List<KafkaConsumer<byte[], byte[]>> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) members.add(classic(topic));
        until("two each, classic", members, () -> covers(members, topic, 6) && members.get(2).assignment().size() == 2);
        expect(describe(topic).type() == GroupType.CLASSIC, "a classic group");
        for (int i = 0; i < 3; i++) {
            members.remove(0).close();
            KafkaConsumer<byte[], byte[]> next = consumer(topic);
            next.subscribe(List.of(topic));
            members.add(next);
            until("all partitions with " + (i + 1) + " of the new protocol", members,
                () -> covers(members, topic, 6) && members.stream().allMatch(each -> each.assignment().size() == 2));
            expect(describe(topic).type() == GroupType.CONSUMER, "a consumer group");
        }
        for (int i = 0; i < 3; i++) {
            members.remove(0).close();
            members.add(classic(topic));
            until("all partitions with " + (i + 1) + " back", members,
                () -> covers(members, topic, 6) && members.stream().allMatch(each -> each.assignment().size() == 2));
        }
        expect(describe(topic).type() == GroupType.CLASSIC, "a classic group again");
        for (KafkaConsumer<byte[], byte[]> each : members) each.close();
        return null;
    }

    private static KafkaConsumer<byte[], byte[]> classic(String topic) {
        KafkaConsumer<byte[], byte[]> member = consumer(topic, "group.protocol", "classic",
            "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor", "heartbeat.interval.ms", "1000");
        member.subscribe(List.of(topic));
        return member;
    }
}
