package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.lane.LaneFrames;
import dev.switchboard.proto.lane.LanePort;
import dev.switchboard.proto.lane.LaneSocket;
import dev.switchboard.proto.lane.LaneWait;
import dev.switchboard.proto.lane.SharedMemory;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.LaneHello;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A link's lane and a node's end of it, within one process. */
@Timeout(60)
final class LinkLaneTest {
  private static final Hello HELLO = Handshake.hello(1, "model", List.of()).build();
  private static final LinkSettings SETTINGS =
      new LinkSettings(HELLO, 0, 4096, Duration.ofSeconds(2), Duration.ZERO, Duration.ZERO);

  private final LaneWait wait = new LaneWait();
  private final Link link = new Link();
  private LinkLane lane;
  private LanePort node;
  private SharedMemory memory;

  /** The link: writes down what its lane tells it. */
  private static final class Link implements LinkLane.Owner {
    private final List<Long> answers = new ArrayList<>();
    private final List<Runnable> done = new ArrayList<>();
    private final List<String> broken = new ArrayList<>();
    private final List<Duration> delays = new ArrayList<>();
    private Runnable next = () -> {};

    @Override
    public void locked(Runnable work) {
      work.run();
    }

    @Override
    public void answered(NodeLane.Answer answer, Runnable free) {
      answers.add(answer.id());
      done.add(free);
    }

    @Override
    public void laneBroke(String reason) {
      broken.add(reason);
    }

    @Override
    public boolean asks(BooleanSupplier question) {
      return question.getAsBoolean();
    }

    @Override
    public void later(Runnable work, long delayNanos) {
      if (delayNanos == 0) {
        work.run();
      } else {
        delays.add(Duration.ofNanos(delayNanos));
        next = work;
      }
    }
  }

  @BeforeEach
  void open(@TempDir Path folder) throws IOException {
    assumeTrue(SharedMemory.available());
    lane = new LinkLane(SETTINGS, wait, link);
    Path path = folder.resolve("node.lane");
    try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      door.bind(UnixDomainSocketAddress.of(path));
      CompletableFuture<LanePort> greeted = CompletableFuture.supplyAsync(() -> greet(door));
      lane.open(path, "node", () -> true);
      node = greeted.join();
    }
    assertThat(lane.isOpen()).isTrue();
    assertThat(lane.nodeThreads()).isEqualTo(3);
  }

  private LanePort greet(ServerSocketChannel door) {
    try {
      LaneSocket socket = LaneSocket.of(door.accept());
      LaneHello theirs = LaneHello.parseFrom(socket.await(2_000_000_000L));
      SharedMemory shared =
          SharedMemory.open(Path.of(theirs.getMemoryFile()), theirs.getMemoryBytes());
      memory = shared;
      LanePort port = LanePort.ofOpener(socket, shared);
      LaneHello mine =
          LaneHello.newBuilder().setHello(HELLO.toBuilder().setComputeThreads(3)).build();
      ByteBuffer frame = socket.frame().put(mine.toByteArray());
      socket.send(frame.position());
      return port;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void close() throws IOException {
    lane.close();
    if (node != null) {
      node.close();
    }
    wait.close();
  }

  private boolean send(long id, int rows) {
    return lane.sent(
        new ExpertBatchFrame(
            ExpertBatch.newBuilder().setId(id).build(),
            TensorRows.f32(rows, 16, new float[rows * 16])),
        rows);
  }

  private void answer(long id, int rows) throws IOException {
    ExpertResult header = ExpertResult.newBuilder().setId(id).build();
    node.send(LaneFrames.write(new LaneFrames.Result(header, rows, 16), node.frame()));
  }

  private void await(BooleanSupplier wanted) {
    while (!wanted.getAsBoolean()) {
      wait.await(1_000_000_000L);
    }
  }

  @Test
  void anAnswersMemoryIsFreeOnceItIsDone() throws IOException {
    assertThat(send(1, 20)).isTrue();
    assertThat(send(2, 20)).as("the memory is full").isFalse();
    List<LaneFrames.Batch> got = new ArrayList<>();
    node.receive(frame -> {
      try {
        got.add(LaneFrames.batch(frame, memory.segment()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
    assertThat(got).hasSize(1);
    assertThat(got.getFirst().outputsAt()).isGreaterThanOrEqualTo(LanePort.TENSORS);
    assertThat(SharedRows.dataBytes(got.getFirst().activations())).isEqualTo(20 * 16 * 4);

    answer(1, 20);
    await(() -> link.answers.contains(1L));

    assertThat(send(3, 20)).as("the answer is still being read").isFalse();
    link.done.getFirst().run();
    assertThat(send(3, 20)).isTrue();
    assertThat(link.broken).isEmpty();
  }

  @Test
  void aNodeThatDoesNotAnswerIsAskedLessAndLessOftenAsLongAsItIsWanted(@TempDir Path folder) {
    boolean[] wanted = {true};
    lane.open(folder.resolve("nobody"), "node", () -> wanted[0]);
    for (int i = 0; i < 8; i++) {
      link.next.run();
    }
    assertThat(link.delays)
        .startsWith(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4))
        .endsWith(Duration.ofMinutes(1), Duration.ofMinutes(1))
        .hasSize(9);

    wanted[0] = false;
    link.next.run();
    assertThat(link.delays).hasSize(9);
  }

  @Test
  void aNodeThatEndsInMidBatchBreaksTheLane() throws IOException {
    send(1, 2);
    node.close();
    await(() -> !link.broken.isEmpty());
    assertThat(link.broken).containsExactly("its lane: the other side of the lane has closed");
    assertThat(link.answers).isEmpty();
  }

  @Test
  void whatIsNoAnswerBreaksTheLane() throws IOException {
    send(1, 2);
    answer(7, 2);
    await(() -> !link.broken.isEmpty());
    assertThat(link.broken).containsExactly("its lane: an answer of shape [2, 16] for batch 7");
  }

  @Test
  void anAnswerLargerThanItsRoomBreaksTheLane() throws IOException {
    send(1, 2);
    answer(1, 200);
    await(() -> !link.broken.isEmpty());
    assertThat(link.broken).containsExactly("its lane: an answer of shape [200, 16] for batch 1");
  }

  @Test
  void anAnswerThatComesTooLateGoesNowhere() throws IOException {
    send(1, 2);
    lane.close();
    answer(1, 2);
    wait.await(1_000_000);
    assertThat(link.answers).isEmpty();
    assertThat(lane.isOpen()).isFalse();
    assertThat(send(2, 2)).as("there is no lane any more").isFalse();
  }
}
