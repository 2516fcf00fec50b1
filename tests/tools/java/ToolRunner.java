import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs main classes of Apache Kafka's tools, all in one JVM: a line {"id", "main", "args", "stdin", "limitMs"} in, a line {"id", "status",
 * "out", "err"} out. Each call has streams of its own, which the threads that it starts inherit; what it prints after it
 * asked to exit does not count. Status -1: it did not end in time.
 */
public final class ToolRunner {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final InheritableThreadLocal<Call> CURRENT = new InheritableThreadLocal<>();
    private static final long HOOK_LIMIT_MS = 3000;

    /** Unwinds the stack of a tool that exited. */
    private static final class Exited extends Error {
        Exited() {
            super("exited", null, false, false);
        }
    }

    private static final class Call {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final InputStream in;
        final List<Runnable> hooks = new ArrayList<>();
        private Integer status;

        Call(byte[] stdin) {
            in = new ByteArrayInputStream(stdin);
        }

        synchronized boolean isOver() {
            return status != null;
        }

        synchronized void write(ByteArrayOutputStream to, byte[] bytes, int start, int length) {
            if (status == null) to.write(bytes, start, length);
        }

        /** The first one decides. What is to be done at the end of the process is done before. */
        void exit(int code) {
            if (isOver()) return;
            List<Runnable> due;
            synchronized (this) {
                due = new ArrayList<>(hooks);
                hooks.clear();
            }
            for (Runnable hook : due) {
                Thread thread = new Thread(hook);
                thread.setDaemon(true);
                thread.start();
                try {
                    thread.join(HOOK_LIMIT_MS);
                } catch (InterruptedException ignored) {
                    break;
                }
            }
            synchronized (this) {
                if (status == null) status = code;
                notifyAll();
            }
        }

        /** Null: not within the limit. */
        synchronized Integer awaitEnd(long limitMs) throws InterruptedException {
            long deadline = System.nanoTime() + limitMs * 1_000_000;
            while (status == null) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) return null;
                wait(left);
            }
            return status;
        }
    }

    /** Goes to the call of the thread that writes. */
    private static final class Routed extends OutputStream {
        private final boolean isError;
        private final PrintStream outside;

        Routed(boolean isError, PrintStream outside) {
            this.isError = isError;
            this.outside = outside;
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) {
            Call call = CURRENT.get();
            if (call == null) outside.write(bytes, start, length);
            else call.write(isError ? call.err : call.out, bytes, start, length);
        }
    }

    /** Some tools close it at their end; the next one needs it. */
    private static final class Lasting extends PrintStream {
        Lasting(OutputStream to) {
            super(to, true, StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            flush();
        }
    }

    private static final class RoutedInput extends InputStream {
        @Override
        public int read() throws IOException {
            Call call = CURRENT.get();
            return call == null ? -1 : call.in.read();
        }

        @Override
        public int read(byte[] bytes, int start, int length) throws IOException {
            Call call = CURRENT.get();
            return call == null ? -1 : call.in.read(bytes, start, length);
        }

        @Override
        public int available() throws IOException {
            Call call = CURRENT.get();
            return call == null ? 0 : call.in.available();
        }

        @Override
        public void close() {}
    }

    /** Some tools end the JVM without asking Kafka's own class to do it. */
    @SuppressWarnings("removal")
    private static final class ExitGuard extends SecurityManager {
        @Override
        public void checkExit(int status) {
            Call call = CURRENT.get();
            if (call == null) return;
            call.exit(status);
            throw new Exited();
        }

        @Override
        public void checkPermission(java.security.Permission permission) {}

        @Override
        public void checkPermission(java.security.Permission permission, Object context) {}
    }

    @SuppressWarnings("removal")
    public static void main(String[] ignored) throws Exception {
        InputStream requests = System.in;
        PrintStream answers = System.out;
        System.setIn(new RoutedInput());
        PrintStream outside = System.err;
        System.setOut(new Lasting(new Routed(false, outside)));
        System.setErr(new Lasting(new Routed(true, outside)));
        System.setSecurityManager(new ExitGuard());
        Exit.Procedure procedure = (status, message) -> {
            Call call = CURRENT.get();
            if (call != null) call.exit(status);
            throw new Exited();
        };
        Exit.setExitProcedure(procedure);
        Exit.setHaltProcedure(procedure);
        Exit.setShutdownHookAdder((name, hook) -> {
            Call call = CURRENT.get();
            if (call == null) return;
            synchronized (call) {
                call.hooks.add(hook);
            }
        });
        BufferedReader lines = new BufferedReader(new InputStreamReader(requests, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode request = JSON.readTree(line);
            new Thread(() -> answer(request, answers)).start();
        }
        Runtime.getRuntime().halt(0);
    }

    private static void answer(JsonNode request, PrintStream answers) {
        try {
            Call call = new Call(request.path("stdin").asText("").getBytes(StandardCharsets.UTF_8));
            CURRENT.set(call);
            List<String> args = new ArrayList<>();
            request.path("args").forEach(arg -> args.add(arg.asText()));
            Thread thread = new Thread(() -> run(request.path("main").asText(), args.toArray(new String[0]), call));
            thread.setDaemon(true);
            thread.start();
            Integer status = call.awaitEnd(request.path("limitMs").asLong(20_000));
            if (status == null) {
                call.exit(-1);
                thread.interrupt();
            }
            Map<String, Object> answer = Map.of(
                    "id", request.path("id").asInt(),
                    "status", status == null ? -1 : status,
                    "out", call.out.toString(StandardCharsets.UTF_8),
                    "err", call.err.toString(StandardCharsets.UTF_8));
            synchronized (answers) {
                answers.println(JSON.writeValueAsString(answer));
                answers.flush();
            }
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static void run(String main, String[] args, Call call) {
        try {
            Class.forName(main).getMethod("main", String[].class).invoke(null, (Object) args);
            call.exit(0);
        } catch (InvocationTargetException error) {
            uncaught(error.getCause(), call);
        } catch (ReflectiveOperationException error) {
            uncaught(error, call);
        }
    }

    /** What the JVM itself does with an exception that leaves main. */
    private static void uncaught(Throwable error, Call call) {
        if (call.isOver()) return;
        System.err.print("Exception in thread \"main\" ");
        error.printStackTrace();
        call.exit(1);
    }
}
