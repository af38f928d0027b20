"""The parts of the pages Churn and Churn explained: the test, money, lists, reasons."""
