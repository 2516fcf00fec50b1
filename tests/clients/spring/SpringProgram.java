package checks;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.KafkaListenerErrorHandler;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.retrytopic.RetryTopicHeaders;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;

/** Spring's side of spring-checks.mjs. Prints one line for each thing that happens; reads commands from standard input. */
public class SpringProgram {
  static final String BOOTSTRAP = System.getProperty("bootstrap");

  static synchronized void tell(Object... words) {
    List<String> texts = new ArrayList<>();
    for (Object word : words) texts.add(String.valueOf(word));
    System.out.println(String.join("\t", texts));
  }

  public static void main(String[] args) throws Exception {
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext(Settings.class);
    @SuppressWarnings("unchecked")
    ReplyingKafkaTemplate<String, String, String> template = context.getBean("replying", ReplyingKafkaTemplate.class);
    template.waitForAssignment(Duration.ofSeconds(20));
    tell("ready");
    Scanner commands = new Scanner(System.in);
    while (commands.hasNextLine()) {
      String[] words = commands.nextLine().split(" ");
      if (words[0].equals("ask")) ask(template, words[1], words[2]);
    }
    context.close();
    System.exit(0);
  }

  static void ask(ReplyingKafkaTemplate<String, String, String> template, String topic, String value) throws Exception {
    try {
      var reply = template.sendAndReceive(new ProducerRecord<>(topic, "key", value)).get(10, TimeUnit.SECONDS);
      tell("reply", value, reply.value());
    } catch (ExecutionException failed) {
      tell("failure", value, failed.getCause().getMessage());
    }
  }

  @Configuration
  @EnableKafka
  @EnableKafkaRetryTopic
  public static class Settings {
    static final String PREFIX = System.getProperty("prefix");

    @Bean
    ConsumerFactory<String, String> consumers() {
      Map<String, Object> settings = new HashMap<>();
      settings.put("bootstrap.servers", BOOTSTRAP);
      settings.put("auto.offset.reset", "earliest");
      settings.put("key.deserializer", StringDeserializer.class);
      settings.put("value.deserializer", StringDeserializer.class);
      return new DefaultKafkaConsumerFactory<>(settings);
    }

    @Bean
    ProducerFactory<String, String> producers() {
      return new DefaultKafkaProducerFactory<>(Map.of(
          "bootstrap.servers", BOOTSTRAP, "key.serializer", StringSerializer.class, "value.serializer", StringSerializer.class));
    }

    @Bean(name = {"template", "defaultRetryTopicKafkaTemplate"})
    KafkaTemplate<String, String> template(ProducerFactory<String, String> producers) {
      return new KafkaTemplate<>(producers);
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory(
        ConsumerFactory<String, String> consumers, ProducerFactory<String, String> producers) {
      var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
      factory.setConsumerFactory(consumers);
      factory.setReplyTemplate(new KafkaTemplate<>(producers));
      return factory;
    }

    @Bean
    KafkaAdmin admin() {
      return new KafkaAdmin(Map.of("bootstrap.servers", BOOTSTRAP));
    }

    @Bean
    TaskScheduler scheduler() {
      return new ThreadPoolTaskScheduler();
    }

    /** A failed request is answered with the name and the message of what was thrown. */
    @Bean
    KafkaListenerErrorHandler toldErrors() {
      return (message, failure) -> MessageBuilder.withPayload("failed")
          .setHeader(KafkaHeaders.EXCEPTION_FQCN, failure.getCause().getClass().getName().getBytes(StandardCharsets.UTF_8))
          .setHeader(KafkaHeaders.EXCEPTION_MESSAGE, failure.getCause().getMessage().getBytes(StandardCharsets.UTF_8))
          .build();
    }

    @Bean
    ReplyingKafkaTemplate<String, String, String> replying(
        ProducerFactory<String, String> producers, ConcurrentKafkaListenerContainerFactory<String, String> factory) {
      ConcurrentMessageListenerContainer<String, String> replies = factory.createContainer(PREFIX + "-spring-replies");
      replies.getContainerProperties().setGroupId(PREFIX + "-spring-replies");
      var template = new ReplyingKafkaTemplate<>(producers, replies);
      template.setReplyErrorChecker(reply -> {
        var name = reply.headers().lastHeader(KafkaHeaders.EXCEPTION_FQCN);
        var message = reply.headers().lastHeader(KafkaHeaders.EXCEPTION_MESSAGE);
        return name == null ? null : new IllegalStateException(new String(name.value()) + ": " + new String(message.value()));
      });
      return template;
    }

    /** Spring's own dead letters. */
    @Bean
    KafkaMessageListenerContainer<String, String> failing(
        ConsumerFactory<String, String> consumers, KafkaTemplate<String, String> template) {
      ContainerProperties properties = new ContainerProperties(PREFIX + "-spring-source");
      properties.setGroupId(PREFIX + "-failing");
      properties.setMessageListener((org.springframework.kafka.listener.MessageListener<String, String>) record -> {
        throw new IllegalStateException("no " + record.value(), new IllegalArgumentException("inner"));
      });
      var container = new KafkaMessageListenerContainer<>(consumers, properties);
      var recoverer = new DeadLetterPublishingRecoverer(template,
          (record, error) -> new TopicPartition(record.topic() + "-dlt", record.partition()));
      container.setCommonErrorHandler(new DefaultErrorHandler(recoverer, new FixedBackOff(0, 0)));
      return container;
    }

    @Bean
    Listeners listeners() {
      return new Listeners();
    }
  }

  public static class Listeners {
    @KafkaListener(topics = "${prefix}-spring-serves", groupId = "${prefix}-spring-serves", errorHandler = "toldErrors")
    @SendTo
    public String serve(String request) {
      if (request.startsWith("bad")) throw new IllegalArgumentException("no " + request);
      return request.toUpperCase();
    }

    /** Dead letters of ours, their headers as the types that a Spring application asks for. */
    @KafkaListener(topics = "${prefix}-source-dlt", groupId = "${prefix}-letters")
    public void letter(
        @Payload String value,
        @Header(KafkaHeaders.DLT_ORIGINAL_TOPIC) String topic,
        @Header(KafkaHeaders.DLT_ORIGINAL_PARTITION) int partition,
        @Header(KafkaHeaders.DLT_ORIGINAL_OFFSET) long offset,
        @Header(KafkaHeaders.DLT_ORIGINAL_TIMESTAMP) long timestamp,
        @Header(KafkaHeaders.DLT_ORIGINAL_TIMESTAMP_TYPE) String type,
        @Header(KafkaHeaders.DLT_ORIGINAL_CONSUMER_GROUP) String group,
        @Header(KafkaHeaders.DLT_EXCEPTION_FQCN) String name,
        @Header(KafkaHeaders.DLT_EXCEPTION_CAUSE_FQCN) String cause,
        @Header(KafkaHeaders.DLT_EXCEPTION_MESSAGE) String message) {
      tell("letter", value, topic, partition, offset, timestamp, type, group, name, cause, message);
    }

    /** What we began, Spring's retry topics go on with. */
    @RetryableTopic(attempts = "3", backOff = @BackOff(delay = 300, multiplier = 2))
    @KafkaListener(topics = "${prefix}-mixed", groupId = "${prefix}-mixed-spring")
    public void retried(
        @Payload String value,
        @Header(KafkaHeaders.RECEIVED_TOPIC) String topic,
        @Header(name = RetryTopicHeaders.DEFAULT_HEADER_ATTEMPTS, required = false) Integer attempts,
        @Header(name = RetryTopicHeaders.DEFAULT_HEADER_BACKOFF_TIMESTAMP, required = false) byte[] due) {
      long lateness = due == null ? 0 : System.currentTimeMillis() - new BigInteger(due).longValue();
      if (value.startsWith("ours") && attempts == null) return;
      tell("retried", value, topic, attempts, lateness);
      throw new IllegalStateException("never");
    }

    @DltHandler
    public void dead(@Payload String value, @Header(KafkaHeaders.ORIGINAL_TOPIC) String topic,
        @Header(KafkaHeaders.ORIGINAL_OFFSET) long offset) {
      tell("dead", value, topic, offset);
    }
  }
}
