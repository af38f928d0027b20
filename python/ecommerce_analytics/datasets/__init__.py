"""Loaders of public data sets, and a synthetic shop: files in, a `Dataset` out."""

from .cdnow import load_cdnow
from .customers import check_customers, read_customers
from .dataset import Dataset
from .mapping_suggestion import MappingSuggestion, RoleSuggestion, suggest_mapping
from .olist import load_olist
from .online_retail import load_online_retail
from .shopify import load_shopify
from .synthetic import SyntheticDataset, make_synthetic
from .table_file import load_table, read_table
from .woocommerce import load_woocommerce

__all__ = [
    "Dataset",
    "MappingSuggestion",
    "RoleSuggestion",
    "SyntheticDataset",
    "check_customers",
    "load_cdnow",
    "load_olist",
    "load_online_retail",
    "load_shopify",
    "load_table",
    "load_woocommerce",
    "make_synthetic",
    "read_customers",
    "read_table",
    "suggest_mapping",
]
