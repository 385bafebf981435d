/* error.h — one list of everything that can go wrong in the world.
 *
 * Numbers travel on the wire (ERR and BYE frames): append, never renumber (SPEC 9).
 * Each row: code, number, exit code of the CLI, what happened, what to do.
 * Errors are for the world; assertions are for our own mistakes. */
#ifndef MUSTER_BASE_ERROR_H
#define MUSTER_BASE_ERROR_H

#define MUST_USE __attribute__((warn_unused_result))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define MUSTER_ERRORS(X)                                                                                               \
    X(OK, 0, 0, "done", "")                                                                                            \
    X(ETRUNCATED, 1, 1, "the bytes end before the item does", "fetch it again, from another peer")                     \
    X(ETRAILING, 2, 1, "there are bytes behind the end of the item", "fetch it again, from another peer")              \
    X(ETOOBIG, 3, 1, "a size or count is beyond its limit", "tell the agency that signed it; SPEC.md lists the limits") \
    X(EVERSION, 4, 1, "the item is of a format version that this node does not know", "upgrade the older node")        \
    X(EALGORITHM, 5, 1, "the item names an algorithm that this node does not know", "upgrade the older node")          \
    X(EBADVALUE, 6, 1, "a field holds a value that the format does not allow", "tell the agency that signed it")       \
    X(EUNEXPECTED, 7, 1, "this message has no place at this point of the session", "upgrade the older node")           \
    X(ESIGNATURE, 8, 9, "the signature does not fit", "fetch it from another peer; if all agree, do not trust it")     \
    X(ECHAIN, 9, 9, "the hash chain does not fit", "fetch it from another peer")                                       \
    X(EHASH, 10, 9, "the hash does not fit its contents", "fetch it from another peer")                                \
    X(ECOMMITMENT, 11, 9, "the key does not fit its commitment", "ask another member for the key")                     \
    X(EDECRYPT, 12, 9, "the contents cannot be opened with this key", "ask another member for the record")             \
    X(ENOKEY, 13, 7, "the key for this epoch has not arrived yet", "wait for a member that holds it; see muster status") \
    X(EUNKNOWN_LOG, 14, 3, "the log is not known here", "fetch its genesis first")                                     \
    X(EUNKNOWN_SPACE, 15, 3, "the space is not known here", "muster space list shows the spaces of this node")         \
    X(EUNKNOWN_AGENCY, 16, 3, "the agency is not known here", "muster peer list shows who is known; import its card")  \
    X(EUNKNOWN_NODE, 17, 4, "the node's key is on no card that this node has accepted", "exchange cards: muster card, muster invite, muster join") \
    X(ENOTMEMBER, 18, 4, "the agency is not a member of the space", "ask an admin of the space for an invite")         \
    X(ENORIGHT, 19, 4, "the agency's right in the space does not allow this", "ask an admin of the space for a higher right") \
    X(ESUSPENDED, 20, 4, "the agency is suspended in the space", "ask an admin of the space to lift the suspension")   \
    X(ENOTOWNER, 21, 4, "only the agency that owns the object changes it", "muster propose sends the owner a proposal") \
    X(ENOTFOUND, 22, 3, "nothing has this name or id here", "muster list shows what there is")                         \
    X(EAMBIGUOUS, 23, 2, "the short id fits more than one object", "give more characters of the id")                   \
    X(EKIND, 24, 2, "the kind is not known", "muster help kinds lists the kinds")                                      \
    X(EFIELD, 25, 2, "the kind has no such field", "muster help KIND lists the fields")                                \
    X(ETOKEN, 26, 2, "the value is none of the field's tokens", "muster help KIND lists the tokens")                   \
    X(EMISSING, 27, 2, "a required field is missing", "muster help KIND lists the fields")                             \
    X(EUTF8, 28, 1, "the text is not valid UTF-8", "convert the file to UTF-8 and try again")                          \
    X(EDUPLICATE, 29, 8, "there is one already", "use the one that is there")                                          \
    X(ESTORE, 30, 10, "the local store failed", "muster check looks for damage; the journal has the reason")           \
    X(EFULL, 31, 10, "the disk is full; nothing was lost and reading goes on", "free space on the disk; muster resumes by itself") \
    X(EFORMAT, 32, 10, "the data directory is of a newer format", "install the version that wrote it, or a newer one") \
    X(EDAMAGED, 33, 10, "stored bytes are damaged", "muster check names them; restore from a backup or let peers heal it") \
    X(ELOCKED, 34, 10, "another musterd uses this data directory", "stop the other one first")                         \
    X(EKEYFILE, 35, 10, "the key file cannot be used", "restore it from your safe, mode 0600")                         \
    X(EMODE, 36, 4, "the key file can be read by others", "chmod 0600 the file, and consider the key known to others") \
    X(EPASSPHRASE, 37, 4, "the passphrase does not open the key file", "try again")                                    \
    X(EENDPOINT, 38, 2, "the endpoint is not tcp://HOST:PORT", "write it as tcp://host.example:7117")                  \
    X(EUNREACHABLE, 39, 6, "the node cannot be reached", "start it: systemctl start musterd")                          \
    X(ENOTREADY, 40, 6, "the node has not been initialised", "muster init NAME")                                       \
    X(EREADY, 41, 8, "the node is initialised already", "muster status shows its name and spaces")                     \
    X(EEXPIRED, 42, 4, "the item has expired", "ask for a new one")                                                    \
    X(EREVOKED, 43, 4, "the key has been revoked by its agency", "ask the agency for its newest card")                 \
    X(EFORK, 44, 9, "the log has two branches from here on", "muster status shows the fork and the proof")             \
    X(EQUARANTINE, 45, 9, "the record is set aside", "muster check lists the reasons")                                 \
    X(EKEYCHANGED, 46, 4, "the card's agency key is not the one known for this agency", "call the agency before you do anything") \
    X(EPAIRCODE, 47, 4, "the pair code does not fit", "read it again over the telephone; if it still differs, somebody is between you") \
    X(ETIMEOUT, 48, 7, "there was no answer in time", "the work goes on; muster status shows how far")                 \
    X(EBUSY, 49, 6, "the node has no room for more at this moment", "try again")                                       \
    X(EUSAGE, 50, 2, "the request is not understood", "muster help shows how")                                         \
    X(EPERMISSION, 51, 4, "this user may not do this", "ask the administrator to add you to the group muster")         \
    X(EIO, 52, 1, "a file cannot be read or written", "check its path and rights")                                     \
    X(EWRONGPEER, 53, 4, "the item is for somebody else", "ask the sender for one made for this node")                 \
    X(ECONFIG, 54, 2, "the configuration is wrong", "musterd --check-config names the line")                           \
    X(EADDRINUSE, 55, 10, "the port is in use", "stop the other program, or set another listen address")               \
    X(ECLOCK, 56, 5, "the clocks differ", "set the clock; records are kept all the same")                              \
    X(EENCODING, 57, 1, "the file mixes encodings", "save it as UTF-8 and try again")                                  \
    X(ECOLUMNS, 58, 1, "the table's columns are not the ones expected", "muster help import lists the columns")        \
    X(EMARKUP, 59, 1, "the file is not well-formed", "ask its author for a correct one")                               \
    X(ESCHEMA, 60, 1, "the file breaks a rule of its standard", "ask its author for a correct one")                    \
    X(ENOTFILE, 61, 1, "the path is not a regular file", "give a regular file")                                        \
    X(EERASED, 62, 4, "the record has been erased", "nothing can bring it back; muster history shows who erased it")   \
    X(EDEPTH, 63, 1, "the item is nested too deeply or has too many parts", "tell the agency that signed it")          \
    X(EWAITS, 64, 7, "it cannot be judged yet: something it refers to has not arrived", "it is looked at again when that arrives") \
    X(EINTERNAL, 65, 1, "muster made a mistake", "please report it with the journal")                                  \
    X(EUNCONFIRMED, 66, 7, "this node was restarted and its partners have not confirmed its log yet", "wait until two partners are connected; muster status shows them") \
    X(ECLONED, 67, 8, "another running node uses the same keys", "stop one of the two; a copied data directory must never run twice") \
    X(ELASTADMIN, 68, 4, "the space would be left without an admin", "make another agency admin first: muster space right AGENCY admin") \
    X(ESTALE, 69, 8, "others are admins now than when it was proposed: no approval counts any more", "propose it again") \
    X(EPROPOSED, 70, 8, "it is proposed already and waits for approvals", "muster space approve ID; muster space log shows what waits") \
    X(EPOLICY, 71, 4, "nobody could meet this policy as the space is now", "muster space policy shows what is in force, and each field's bounds") \
    X(ESTEP, 72, 4, "the object's state does not lead there", "muster help KIND lists the steps") \
    X(ECHANGED, 73, 8, "it was changed since you looked at it", "look again with muster show, and repeat it if it still fits") \
    X(ENOTLEAD, 74, 4, "another node of this agency writes its control operations", "give the command at that node; muster key list names them") \
    X(EROLE, 75, 4, "the operator's role does not allow this", "ask an operator with that role; muster key list shows them") \
    X(EDUTY, 76, 4, "who wrote it may not approve it", "let another operator with the role approver approve it") \
    X(EROOTKEY, 77, 4, "this is not the root key that the agency's statements name", "use the newest root key file; muster key list shows its fingerprint") \
    X(ESHORT, 78, 8, "fewer units are here to promise than that", "muster quantities ID shows who holds the rest; --at-risk promises knowingly") \
    X(EVOID, 79, 8, "the record would count for nothing: the right or promise is not this node's, or it is spent", "muster quantities ID shows what is") \
    X(EAGREEMENT, 80, 4, "an agreement in force does not allow it", "muster agreement list shows the terms; muster agreement simulate tries a record") \
    X(EVOICE, 81, 4, "the space gives this right only to agencies that are confirmed by voice", "call them: muster confirm AGENCY; until then give a lower right") \
    X(ERESYNC, 82, 8, "the cursor is of an earlier life of this node's tables", "start again without --after, or with --resync") \
    X(EFIGURES, 83, 9, "the figures are not those that the records give", "muster evaluate, ahp, score and allocate compute them here; muster history ID shows who wrote the others") \
    X(ECONSISTENCY, 84, 4, "the judgements contradict each other too much", "muster ahp SET names the judgement to look at again; override_reason says why it is accepted") \
    X(ECIRCLE, 85, 4, "the link would close a circle: whoever follows it comes back to where it began", "muster show ID shows what links where; link one of them to something else") \
    X(EFOREIGN, 86, 1, "the file is not one that this command reads", "bundles are read by muster bundle import, alerts and tables by muster import, proofs and audit files by muster verify") \
    X(EVIEWS, 87, 6, "the disk failed the views of this node: they are made again from the records; nothing was lost", "try again in a moment; muster doctor shows how it stands")

#define X(code, number, exit_code, what, remedy) MUSTER_##code = (number),
enum muster_error { MUSTER_ERRORS(X) MUSTER_ERROR_COUNT };
#undef X

/* Each returns a static string (or number) for any value, "unknown error" for numbers of a newer
 * version.  error_name: "ETRUNCATED"; error_what: what happened; error_remedy: what to do. */
const char *error_name(enum muster_error error);
const char *error_what(enum muster_error error);
const char *error_remedy(enum muster_error error);
int error_exit(enum muster_error error);
/* The error of that name ("EFORK"), or MUSTER_EINTERNAL if there is none. */
enum muster_error error_by_name(const char *name);

#endif
