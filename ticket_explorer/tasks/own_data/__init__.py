"""Data of one's own: arrays, a folder of images, a data set of TensorFlow Datasets.

A reader, a module for each, gives checked examples; `measuring` says what holds of them all. Beyond the tasks' settings
and images it imports nothing of the tasks.
"""
