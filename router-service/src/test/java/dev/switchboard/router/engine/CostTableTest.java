package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CostTableTest {
  @Test
  void knowsNothingAtFirst() {
    CostTable table = new CostTable();
    assertThat(table.isEmpty()).isTrue();
    assertThat(table.estimate(7)).isZero();
  }

  @Test
  void linesLieBetweenWhatWasMeasured() {
    CostTable table = new CostTable();
    table.observe(16, 100);
    table.observe(32, 150);
    assertThat(table.estimate(16)).isEqualTo(100);
    assertThat(table.estimate(24)).isEqualTo(125);
    assertThat(table.estimate(64)).as("on along the line, a little steeper").isEqualTo(275);
    assertThat(table.estimate(8)).as("less, but dearer a row").isEqualTo(100);
    assertThat(table.estimate(4)).isEqualTo(50);
  }

  @Test
  void oneHiccupCountsForLittleAndALastingChangeForAll() {
    CostTable table = new CostTable();
    table.observe(16, 100);
    table.observe(128, 800);
    table.observe(16, 1e9);
    assertThat(table.estimate(16)).isEqualTo(220, within(1e-9));
    for (int i = 0; i < 60; i++) {
      table.observe(16, 100);
    }
    assertThat(table.estimate(16)).isEqualTo(100, within(1.0));
    for (int i = 0; i < 60; i++) {
      table.observe(16, 300);
    }
    assertThat(table.estimate(128)).as("others feel it").isGreaterThan(900);
  }

  @Test
  void givesTheMostRowsThatFit() {
    CostTable table = new CostTable();
    table.observe(16, 50);
    table.observe(64, 90);
    table.observe(512, 700);
    assertThat(table.rowsWithin(90, 512)).isEqualTo(64);
    assertThat(table.rowsWithin(1000, 512)).isEqualTo(512);
    assertThat(table.rowsWithin(1000, 500)).isEqualTo(500);
    assertThat(table.rowsWithin(9000, 4096)).as("twice what is known").isEqualTo(1024);
    assertThat(table.rowsWithin(60, 512)).isEqualTo(24);
  }

  @Test
  void whereOneRowIsTooMuchTakesThoseThatCostNoMore() {
    CostTable table = new CostTable();
    table.observe(1, 500);
    table.observe(16, 520);
    table.observe(64, 600);
    table.observe(256, 1600);
    assertThat(table.rowsWithin(100, 512)).isEqualTo(64);
    assertThat(table.rowsWithin(100, 20)).isEqualTo(16);
  }
}
