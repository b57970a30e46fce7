# Writes HEADER with the commit of the checkout SOURCE: "0e4fd25", "0e4fd25, modified", or "unknown" outside git.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty=,\ modified --abbrev=7 --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "#define SCTAB_COMMIT \"${commit}\"\n")
