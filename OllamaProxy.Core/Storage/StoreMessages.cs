using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>What a store writes into prompts for people to read, and what it answers: the same in every store.</summary>
internal static class StoreMessages
{
    /// <summary>The error of a prompt that a client cancelled, and of the attempt that ran then.</summary>
    public const string Cancelled = "It was cancelled.";

    /// <summary>The error of a prompt whose lease ran out, and of that attempt.</summary>
    public const string LeaseRanOut = "The worker that ran this prompt was not heard of for the length of its lease.";

    /// <summary>The error of a prompt that waited too long.</summary>
    public const string Expired = "It waited in the queue for longer than its expires_in allows.";

    /// <summary>Stands between <see cref="Expired"/> and what the last attempt failed with, if there was one.</summary>
    public const string LastAttempt = " The last attempt: ";

    /// <summary>The error of a prompt whose connection is not heard of any more.</summary>
    public const string ClientGone = ClientLease.Gone;

    /// <summary>A long text waited for longer than it may before its prompt was stored.</summary>
    public static StoreException TooLate() => new("A long text was not stored in time, and has to be sent again.");

    /// <summary>A text is not there any more, or not that which was asked for.</summary>
    public static StoreException ChangedWhileRead() => new("The prompt was changed or deleted while its text was being read.");

    /// <summary>No more writes are taken.</summary>
    public static StoreException ShuttingDown() => new("The program is shutting down.");

    /// <summary>What other processes wrote cannot be read.</summary>
    public static StoreException CannotCatchUp() => new("The queue cannot be read at the moment.");
}
