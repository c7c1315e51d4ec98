"""The logic of the workbench: it knows no Streamlit, no sentence and no clock."""
