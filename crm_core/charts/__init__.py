"""Every chart of the workbench: from a frame or an answer to a description that plotly.py, or a report, draws."""
from crm_core.charts.agreement import crossings_flow, numbered, side_map
from crm_core.charts.algorithms import dendrogram, k_distance_curve, silhouettes, sure_groups
from crm_core.charts.built import own_preview
from crm_core.charts.cards import group_lines
from crm_core.charts.chart import Chart, Mark, written
from crm_core.charts.classes import class_confusion, class_sizes
from crm_core.charts.cleaning_profile import column_histogram, quality_history
from crm_core.charts.clustering import group_map, group_profiles, group_sizes, k_choice
from crm_core.charts.cohorts import cohort_curves, cohort_triangle, repeat_funnel, waiting_curves
from crm_core.charts.duplicates import match_waterfall, match_weights
from crm_core.charts.feature_words import feature_words
from crm_core.charts.features import feature_bars, feature_correlation
from crm_core.charts.forecast import forecast_fan, what_if_differences
from crm_core.charts.grading import grades_over_time
from crm_core.charts.home import revenue_by_month
from crm_core.charts.lifetime import alive_curve, value_concentration
from crm_core.charts.maps import place_map, place_over_time
from crm_core.charts.models import odds_ratio_forest, step_words
from crm_core.charts.moods import mood_over_time, mood_words, moods_by
from crm_core.charts.movement import movement_causes, movement_flow
from crm_core.charts.prediction import chance_distribution, split_timeline
from crm_core.charts.reasons import feature_importance, feature_response, reason_waterfall
from crm_core.charts.relations import related_customers
from crm_core.charts.segments import segment_sizes
from crm_core.charts.series import period_words, series_lines
from crm_core.charts.spend import spend_by_tenth
from crm_core.charts.text import (
    keyness_bars,
    keyword_bars,
    keyword_cloud,
    messages_by,
    messages_by_month,
    term_by_month,
)
from crm_core.charts.themes import theme_forest, theme_over_lags
from crm_core.charts.topics import (
    numbered_topics,
    topic_map,
    topic_number,
    topic_sizes,
    topics_by_month,
    topics_by_value,
)
from crm_core.charts.trees import tree_chart
from crm_core.charts.trust import (
    amounts_by_tenth,
    calibration_curves,
    gains_curves,
    precision_recall_curves,
    profit_curve,
    roc_curves,
)
from crm_core.charts.unusual import calendar_of_days, cycle_profile, parts_of_series, placebo_spread, watched_series

__all__ = [
    "Chart", "Mark", "alive_curve", "amounts_by_tenth", "calendar_of_days", "calibration_curves",
    "chance_distribution", "class_confusion", "class_sizes", "cohort_curves", "cohort_triangle", "column_histogram",
    "crossings_flow", "cycle_profile", "dendrogram", "feature_bars", "feature_correlation", "feature_importance",
    "feature_response", "feature_words", "forecast_fan", "gains_curves", "grades_over_time", "group_lines",
    "group_map", "group_profiles", "group_sizes", "k_choice", "k_distance_curve", "keyness_bars", "keyword_bars",
    "keyword_cloud", "match_waterfall", "match_weights", "messages_by", "messages_by_month", "mood_over_time",
    "mood_words", "moods_by", "movement_causes", "movement_flow", "numbered", "numbered_topics", "odds_ratio_forest",
    "own_preview", "parts_of_series", "period_words", "place_map", "place_over_time", "placebo_spread",
    "precision_recall_curves", "profit_curve", "quality_history", "reason_waterfall", "related_customers",
    "repeat_funnel", "revenue_by_month", "roc_curves", "segment_sizes", "series_lines", "side_map", "silhouettes",
    "spend_by_tenth", "split_timeline", "step_words", "sure_groups", "term_by_month", "theme_forest",
    "theme_over_lags", "topic_map", "topic_number", "topic_sizes", "topics_by_month", "topics_by_value", "tree_chart",
    "value_concentration", "waiting_curves", "watched_series", "what_if_differences", "written"]
