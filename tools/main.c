#include "tools/run.h"

int main(int argc, char **argv)
{
    return muster_run(argc, argv);
}
