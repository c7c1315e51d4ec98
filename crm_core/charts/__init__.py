"""Every chart of the workbench: from a frame or an answer to a description that plotly.py, or a report, draws."""
from crm_core.charts.agreement import crossings_flow, numbered, side_map
from crm_core.charts.chart import Chart, Mark, written
from crm_core.charts.cleaning_profile import column_histogram, quality_history
from crm_core.charts.clustering import group_map, group_profiles, group_sizes, k_choice
from crm_core.charts.duplicates import match_waterfall, match_weights
from crm_core.charts.home import revenue_by_month
from crm_core.charts.relations import related_customers
from crm_core.charts.segments import segment_sizes

__all__ = ["Chart", "Mark", "column_histogram", "crossings_flow", "group_map", "group_profiles", "group_sizes",
           "k_choice", "match_waterfall", "match_weights", "numbered", "quality_history", "related_customers",
           "revenue_by_month", "segment_sizes", "side_map", "written"]
