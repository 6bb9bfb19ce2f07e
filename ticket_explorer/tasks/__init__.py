"""Tasks: what a network must do."""

from ticket_explorer.registry import Registry, register
from ticket_explorer.tasks.control.box2d.own_settings import OwnGymnasium
from ticket_explorer.tasks.control.box2d.registered import Registered
from ticket_explorer.tasks.control.box2d.settings import box2d_settings
from ticket_explorer.tasks.control.brax.settings import brax_settings
from ticket_explorer.tasks.control.gymnax.settings import gymnax_settings
from ticket_explorer.tasks.control.own.settings import OwnEnvironment
from ticket_explorer.tasks.control.playground.settings import playground_settings
from ticket_explorer.tasks.own_data.own_settings import OwnData
from ticket_explorer.tasks.own_data.settings import TFDS, Arrays, ImageFolder
from ticket_explorer.tasks.settings import CIFAR10, KMNIST, MNIST, Fashion, FashionMNIST, TaskSettings

TASKS: Registry[TaskSettings] = register(
    "tasks",
    *(Fashion, MNIST, FashionMNIST, KMNIST, CIFAR10),
    *(Arrays, ImageFolder, TFDS),
    *gymnax_settings(),
    *brax_settings(),
    *playground_settings(),
    *box2d_settings(),
    Registered,
    unlisted=(OwnEnvironment, OwnGymnasium, OwnData),
)

__all__ = ["TASKS"]
