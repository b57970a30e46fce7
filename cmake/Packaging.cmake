# cmake --install, and packages: make package. Two components: labelling (sctab) and training (sctab-train).
include(GNUInstallDirs)

install(TARGETS sctab RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT labelling)
install(FILES LICENSE README.md CHANGELOG.md CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT labelling)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT labelling)
set(programs sctab)
if(TARGET sctab-train)
  list(APPEND programs sctab-train)
endif()
# The licences of the libraries that the program contains or the tarball brings along, as Debian has them.
set(third_party)
foreach(package IN ITEMS libhdf5-dev zlib1g-dev libdeflate-dev libyaml-cpp-dev libaec-dev libzstd-dev
    liblz4-dev libsnappy-dev libbz2-dev liblzf1 libfmt9 libspdlog1.10 libhwy1 libssl3 libcli11-dev
    nlohmann-json3-dev libeigen3-dev libtomlplusplus-dev)
  if(EXISTS /usr/share/doc/${package}/copyright)
    file(READ /usr/share/doc/${package}/copyright text)
    string(APPEND third_party "==== ${package}\n\n${text}\n")
  endif()
endforeach()
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/THIRD-PARTY CONTENT "${third_party}")
install(FILES ${PROJECT_BINARY_DIR}/THIRD-PARTY DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT labelling)
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sctab COMPONENT labelling)

foreach(shell IN ITEMS bash zsh)
  set(completion ${PROJECT_BINARY_DIR}/completion.${shell})
  add_custom_command(OUTPUT ${completion} DEPENDS ${programs}
    COMMAND $<TARGET_FILE:sctab> completion ${shell} >${completion})
  list(APPEND completions ${completion})
endforeach()
add_custom_target(completions DEPENDS ${completions})
add_dependencies(programs completions)
install(FILES ${PROJECT_BINARY_DIR}/completion.bash RENAME sctab COMPONENT labelling
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${PROJECT_BINARY_DIR}/completion.zsh RENAME _sctab COMPONENT labelling
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
if(SCTAB_TRAIN)
  install(TARGETS sctab-train RUNTIME DESTINATION libexec/sctab COMPONENT training)  # where sctab looks
  install(DIRECTORY recipes DESTINATION ${CMAKE_INSTALL_DATADIR}/sctab COMPONENT training)
  install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sctab-train COMPONENT training)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR sctab)
set(CPACK_PACKAGE_CONTACT "The sctab authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "cell types for single cells")
set(CPACK_PACKAGE_DESCRIPTION "Labels human single cells with Cell Ontology types, after scTab (Fischer et al. 2023).")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)  # sctab_0.1.0_amd64.deb
set(CPACK_DEBIAN_LABELLING_PACKAGE_NAME sctab)
set(CPACK_DEBIAN_TRAINING_PACKAGE_NAME sctab-train)
set(CPACK_DEBIAN_LABELLING_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TRAINING_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # exact dependencies, by dpkg-shlibdeps
set(CPACK_DEBIAN_TRAINING_PACKAGE_DEPENDS "sctab (= ${PROJECT_VERSION}), libopenblas0-openmp")
set(CPACK_COMPONENTS_GROUPING IGNORE)
include(CPack)
