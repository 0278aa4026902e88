from backups.models import Drill
from cannonworks.datamap import outside

outside(Drill, why="Names of backups, numbers and times of restores on trial.", may={"staff": "SELECT"})
