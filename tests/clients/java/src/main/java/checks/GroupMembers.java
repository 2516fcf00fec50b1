package checks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Members of groups, as they are told on standard input, any number in one process:
 *
 *     join NAME GROUP TOPIC,TOPIC KEY=VALUE,KEY=VALUE      settings beyond the usual; a comma within a value is written as +
 *     leave NAME
 *
 * Prints JSON lines: {"member", "event": "assigned", "partitions"} with all that it has after each change, {"event": "records", "values"} with what it
 * read, {"event": "left"}, and {"event": "failed", "message"}. Compiled against the oldest release, runs with any.
 */
public final class GroupMembers {
    private static final Map<String, AtomicBoolean> RUNNING = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.trim().split(" ");
            if (words[0].equals("join")) join(words);
            else if (words[0].equals("leave")) RUNNING.get(words[1]).set(false);
        }
        System.exit(0);
    }

    private static void join(String[] words) {
        String name = words[1];
        Properties config = new Properties();
        config.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        config.put("group.id", words[2]);
        config.put("client.id", name);
        config.put("auto.offset.reset", "earliest");
        config.put("metadata.max.age.ms", "1000");
        config.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        config.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        for (String setting : words[4].split(",")) {
            String[] pair = setting.split("=", 2);
            config.put(pair[0], pair[1].replace('+', ','));
        }
        AtomicBoolean isRunning = new AtomicBoolean(true);
        RUNNING.put(name, isRunning);
        new Thread(() -> run(name, config, words[3], isRunning)).start();
    }

    private static void run(String name, Properties config, String topics, AtomicBoolean isRunning) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
            ConsumerRebalanceListener listener = new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
                }

                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
                }
            };
            if (topics.startsWith("/")) consumer.subscribe(Pattern.compile(topics.substring(1)), listener);
            else consumer.subscribe(Arrays.asList(topics.split(",")), listener);
            TreeSet<String> last = null;
            while (isRunning.get()) {
                List<String> values = new ArrayList<>();
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(50))) values.add(record.value());
                if (!values.isEmpty()) print(name, "records", "\"values\":" + json(values));
                TreeSet<String> now = new TreeSet<>();
                for (TopicPartition partition : consumer.assignment()) now.add(partition.toString());
                if (now.equals(last)) continue;
                last = now;
                print(name, "assigned", "\"partitions\":" + json(now));
            }
        } catch (Exception error) {
            print(name, "failed", "\"message\":\"" + error.toString().replaceAll("[\"\\\\\n]", " ") + "\"");
            return;
        }
        print(name, "left", "\"partitions\":[]");
    }

    private static synchronized void print(String member, String event, String rest) {
        System.out.println("{\"member\":\"" + member + "\",\"event\":\"" + event + "\"," + rest + "}");
    }

    private static String json(Collection<String> texts) {
        return texts.isEmpty() ? "[]" : "[\"" + String.join("\",\"", texts) + "\"]";
    }
}
