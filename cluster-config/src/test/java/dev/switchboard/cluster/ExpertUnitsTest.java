package dev.switchboard.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.cluster.ExpertUnits.Layer;
import dev.switchboard.cluster.ExpertUnits.Member;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExpertUnitsTest {
  @Test
  void addedExpertsStandBehindAllOthers() {
    ExpertUnits units =
        new ExpertUnits(
            List.of(new ExpertUnits.Layer(0, 3), new ExpertUnits.Layer(2, 3)), List.of(4, 6));
    ExpertUnits more = units.with(2);
    assertThat(more.count()).isEqualTo(7);
    assertThat(more.unitOf(2, 1)).isEqualTo(1);
    assertThat(more.unitOf(6, 0)).isEqualTo(4);
    assertThat(more.unitOf(2, 4)).isEqualTo(6);
    assertThat(more.unitOf(2, 5)).isEqualTo(-1);
    assertThat(more.members(5))
        .containsExactly(new ExpertUnits.Member(0, 3), new ExpertUnits.Member(2, 3));
    assertThat(more.experts(2)).isEqualTo(5);
    assertThat(units.unitOf(2, 3)).isEqualTo(-1);
    assertThatThrownBy(() -> new ExpertUnits(List.of(new ExpertUnits.Layer(0, 1))).with(1))
        .hasMessageContaining("cannot be added");
  }

  @Test
  void anIndexIsOneUnitOverAllLayersThatHaveIt() {
    ExpertUnits units = new ExpertUnits(List.of(new Layer(1, 4), new Layer(3, 2), new Layer(7, 4)));
    assertThat(units.count()).isEqualTo(4);
    assertThat(units.members(0))
        .containsExactly(new Member(1, 0), new Member(3, 0), new Member(7, 0));
    assertThat(units.members(3)).containsExactly(new Member(1, 3), new Member(7, 3));
    assertThat(units.unitOf(3, 1)).isEqualTo(1);
    assertThat(units.unitOf(3, 2)).isEqualTo(-1);
    assertThat(units.unitOf(2, 0)).isEqualTo(-1);
    assertThat(units.experts(3)).isEqualTo(2);
    assertThat(units.experts(0)).isZero();
  }

  @Test
  void layersOfOneExpertAreUnitsThemselves() {
    ExpertUnits units = new ExpertUnits(List.of(new Layer(0, 1), new Layer(1, 1), new Layer(5, 1)));
    assertThat(units.count()).isEqualTo(3);
    assertThat(units.members(2)).containsExactly(new Member(5, 0));
    assertThat(units.unitOf(5, 0)).isEqualTo(2);
    assertThat(units.unitOf(5, 1)).isEqualTo(-1);
  }

  @Test
  void everyExpertIsInExactlyOneUnit() {
    ExpertUnits units = new ExpertUnits(List.of(new Layer(0, 3), new Layer(1, 8), new Layer(2, 1)));
    int members = 0;
    for (int unit = 0; unit < units.count(); unit++) {
      for (Member member : units.members(unit)) {
        assertThat(units.unitOf(member.layer(), member.index())).isEqualTo(unit);
        members++;
      }
    }
    assertThat(members).isEqualTo(3 + 8 + 1);
  }

  @Test
  void anAddedUnitFollowsThoseThatArePlacedWithMixersOrWithout() {
    ExpertUnits units = new ExpertUnits(List.of(new Layer(0, 4), new Layer(1, 4)), List.of(2, 3));
    ExpertUnits without = units.placed(4, 1);
    assertThat(without.unitOf(1, 4)).isEqualTo(4);
    assertThat(without.members(4)).containsExactly(new Member(0, 4), new Member(1, 4));
    ExpertUnits with = units.placed(6, 1);
    assertThat(with.unitOf(1, 4)).isEqualTo(6);
    assertThat(with.unitOf(3, 0)).isEqualTo(5);
    assertThatThrownBy(() -> units.placed(5, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5 units and 1 added");
  }

  @Test
  void aModelWithoutExpertsHasNoUnits() {
    assertThat(ExpertUnits.NONE.count()).isZero();
    assertThat(ExpertUnits.NONE.unitOf(0, 0)).isEqualTo(-1);
    assertThatThrownBy(() -> ExpertUnits.NONE.members(0)).hasMessage("unit 0 of 0");
  }

  @Test
  void layersMustAscend() {
    assertThatThrownBy(() -> new ExpertUnits(List.of(new Layer(1, 2), new Layer(1, 2))))
        .hasMessageContaining("ascend");
  }
}
