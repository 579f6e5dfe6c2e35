# Turns files into C arrays:  cmake -DOUTPUT=x.c "-DFILES=a.html;b.js" -P embed.cmake
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(SHA256 ${file} digest)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${bytes}0};\n")
  string(APPEND rows
         "    {\"${name}\", \"${digest}\", file_${number}, sizeof file_${number} - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Made by embed.cmake. */
#include \"embedded_files.h\"

${arrays}
const bp_embedded_file bp_embedded_files[] = {
${rows}};
const size_t bp_embedded_file_count = sizeof bp_embedded_files / sizeof *bp_embedded_files;
")
