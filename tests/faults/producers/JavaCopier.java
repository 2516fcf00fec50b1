import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Copies SOURCE to TARGET in transactions until standard input closes; prints what was committed. After an error it begins anew, as an application does. */
public final class JavaCopier {
    private static volatile boolean stopping;

    public static void main(String[] args) throws Exception {
        Thread input = new Thread(() -> {
            try {
                while (System.in.read() != -1) { }
            } catch (Exception ignored) {
                // the end of the input, in whatever way it came
            }
            stopping = true;
        });
        input.setDaemon(true);
        input.start();
        while (!stopping) {
            try {
                live();
            } catch (KafkaException error) {
                System.err.println("begins anew after " + error);
            }
        }
        System.exit(0);
    }

    private static Map<String, Object> common() {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        config.put("reconnect.backoff.max.ms", 200);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        return config;
    }

    private static void live() {
        Map<String, Object> producing = common();
        producing.put("transactional.id", System.getenv("TARGET"));
        producing.put("transaction.timeout.ms", 10_000);
        Map<String, Object> consuming = common();
        consuming.put("group.id", System.getenv("TARGET"));
        consuming.put("auto.offset.reset", "earliest");
        consuming.put("enable.auto.commit", false);
        consuming.put("isolation.level", "read_committed");
        consuming.put("max.poll.records", 20);
        consuming.put("session.timeout.ms", 6_000);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(producing);
                KafkaConsumer<String, String> consumer = new KafkaConsumer<>(consuming)) {
            producer.initTransactions();
            consumer.subscribe(Collections.singletonList(System.getenv("SOURCE")));
            while (!stopping) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
                if (records.isEmpty()) continue;
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<String, String> record : records) {
                    producer.send(new ProducerRecord<>(System.getenv("TARGET"), record.value(), record.value()));
                    offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                producer.commitTransaction();
                System.out.println("committed " + records.count());
            }
        }
    }
}
