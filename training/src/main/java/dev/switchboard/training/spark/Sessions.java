package dev.switchboard.training.spark;

import java.io.IOException;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/**
 * Spark as this program uses it: quiet, without a web page of its own, on the loopback if it is
 * local.
 */
final class Sessions {
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
    return conf;
  }
}
