# SPDX-License-Identifier: GPL-2.0-only
# gnuplot -e "dat='FILE'; columns=N; svg='FILE'" chart.gp: the shares of all ways as bars, one colour a kernel and family.
set terminal svg noenhanced size 1200,620 font "sans,12" background "white"
set output svg
set datafile separator "\t"
set title "Instructions of the director alone for an established packet (1 flow; the floor is taken off)"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set grid ytics lc rgb "#cccccc"
set xtics rotate by -35 left scale 0
set yrange [0:*]
set key top left
set bmargin 9
set rmargin 12
plot for [i=2:columns] dat using i:xtic(1) title columnheader(i) lc rgb word("#1f4e79 #7fb0df #8a3b12 #e8a87c", i - 1)
