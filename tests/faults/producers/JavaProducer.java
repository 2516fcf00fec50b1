import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Produces numbered values until standard input closes; prints each acknowledged value with its offset. Idempotent by default. */
public final class JavaProducer {
    private static volatile boolean stopping;

    public static void main(String[] args) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        config.put("reconnect.backoff.max.ms", 200);
        config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
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
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            for (int number = 0; !stopping; number++) {
                String value = Integer.toString(number);
                producer.send(new ProducerRecord<>(System.getenv("TOPIC"), value), (metadata, error) -> {
                    if (error == null) System.out.println("acked " + value + " " + metadata.offset());
                    else System.err.println("failed " + value + " " + error);
                });
                if (number % 20 == 0) Thread.sleep(4);
            }
        }
    }
}
