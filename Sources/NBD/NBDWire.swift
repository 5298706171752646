/// The numbers of the Network Block Device protocol, as its specification names them (doc/proto.md of the NBD project).
enum NBDWire {
    /// "NBDMAGIC".
    static let greeting: UInt64 = 0x4E42_444D_4147_4943
    /// "IHAVEOPT".
    static let optionMagic: UInt64 = 0x4948_4156_454F_5054
    static let optionReplyMagic: UInt64 = 0x0003_E889_0455_65A9
    static let requestMagic: UInt32 = 0x2560_9513
    static let replyMagic: UInt32 = 0x6744_6698

    /// FIXED_NEWSTYLE and NO_ZEROES, which mean the same in both directions.
    static let fixedNewstyle: UInt32 = 1
    static let noZeroes: UInt32 = 2

    /// HAS_FLAGS, READ_ONLY, SEND_FLUSH and CAN_MULTI_CONN: a disk that never changes is the same on every connection.
    static let transmissionFlags: UInt16 = 1 | 2 | 4 | 256

    /// The longest name of an export that the specification knows.
    static let longestName: UInt32 = 4096
    /// What a client may ask for at once, unless it was told otherwise.
    static let longestRequest: UInt32 = 32 << 20

    enum Option {
        static let exportName: UInt32 = 1
        static let abort: UInt32 = 2
        static let list: UInt32 = 3
        static let info: UInt32 = 6
        static let go: UInt32 = 7
    }

    enum OptionReply {
        static let acknowledge: UInt32 = 1
        static let server: UInt32 = 2
        static let info: UInt32 = 3
        static let unsupported: UInt32 = 1 << 31 | 1
        static let invalid: UInt32 = 1 << 31 | 3
        static let unknown: UInt32 = 1 << 31 | 6
    }

    enum Info {
        static let export: UInt16 = 0
        static let blockSize: UInt16 = 3
    }

    enum Command {
        static let read: UInt16 = 0
        static let write: UInt16 = 1
        static let disconnect: UInt16 = 2
        static let flush: UInt16 = 3
    }

    /// The errors of replies, which are Linux's numbers on every system.
    enum Failure {
        static let notPermitted: UInt32 = 1
        static let input: UInt32 = 5
        static let invalid: UInt32 = 22
    }
}
