package dev.switchboard.training.spark;

import java.io.IOException;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * Spark as this program uses it: quiet, without a web page of its own, on the loopback if it is
 * local.
 */
public final class Sessions {
  private static final String EXECUTOR_FLAGS =
      "--add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED"
          + " --sun-misc-unsafe-memory-access=allow";

  private Sessions() {}

  /**
   * @throws IOException if there is no such master
   */
  static SparkSession open(String master) throws IOException {
    Masters.check(master);
    SparkSession session = SparkSession.builder().config(conf(master)).getOrCreate();
    session.sparkContext().setLogLevel("ERROR");
    return session;
  }

  private static SparkConf conf(String master) {
    SparkConf conf =
        new SparkConf()
            .setAppName("switchboard train")
            .setMaster(master)
            .set("spark.ui.enabled", "false")
            .set("spark.ui.showConsoleProgress", "false")
            .set("spark.driver.maxResultSize", "4g")
            .set("spark.sql.shuffle.partitions", "8")
            .set("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
            .set("spark.log.structuredLogging.enabled", "false");
    if (master.startsWith("local")) {
      conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1");
    }
    if (!master.matches("local(\\[.*])?")) {
      executors(conf);
    }
    return conf;
  }

  /**
   * Executors in processes of their own. Behind spark-submit they have their class path from it,
   * else from here: the same files on every host.
   */
  private static void executors(SparkConf conf) {
    conf.setIfMissing("spark.executor.extraJavaOptions", EXECUTOR_FLAGS);
    if (System.getProperty("spark.submit.deployMode") == null) {
      conf.setIfMissing("spark.executor.extraClassPath", System.getProperty("java.class.path"))
          .setExecutorEnv("JAVA_HOME", System.getProperty("java.home"))
          .setExecutorEnv("SPARK_SCALA_VERSION", "2.13");
    }
  }

  /** What was asked for, else what spark-submit says, else this machine. */
  public static String master(@Nullable String asked) {
    return asked != null ? asked : System.getProperty("spark.master", "local[*]");
  }
}
