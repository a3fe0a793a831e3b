package dev.switchboard.router.api;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.router.added.ExpertReceipt;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;

/** One expert on its way to this router. Whatever ends it, nothing half is left. */
final class ExpertUpload implements StreamObserver<ExpertPart> {
  private final ExpertIntake intake;
  private final StreamObserver<AddExpertReply> observer;
  private @Nullable ExpertReceipt receipt;
  private boolean over;

  ExpertUpload(ExpertIntake intake, StreamObserver<AddExpertReply> observer) {
    this.intake = intake;
    this.observer = observer;
  }

  @Override
  public void onNext(ExpertPart part) {
    if (over) {
      return;
    }
    try {
      if (receipt == null) {
        receipt = intake.begin();
      }
      receipt.add(part);
    } catch (RuntimeException e) {
      end();
      Refusals.tell(observer, e);
    }
  }

  @Override
  public void onError(Throwable failure) {
    end();
  }

  @Override
  public void onCompleted() {
    if (over) {
      return;
    }
    try {
      if (receipt == null) {
        throw new CheckpointException("no part of any expert was sent");
      }
      AddExpertReply reply = intake.finish(receipt);
      end();
      observer.onNext(reply);
      observer.onCompleted();
    } catch (RuntimeException e) {
      end();
      Refusals.tell(observer, e);
    }
  }

  private void end() {
    over = true;
    if (receipt != null) {
      receipt.close();
      receipt = null;
    }
  }
}
