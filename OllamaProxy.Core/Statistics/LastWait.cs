namespace OllamaProxy.Statistics;

/// <summary>Tells since when a prompt waited in the queue the last time.</summary>
internal static class LastWait
{
    /// <summary>
    /// After an attempt that failed it waits at once; when a client had it queued again is not known any more, and that wait is left out.
    /// </summary>
    /// <param name="createdAt">When it was submitted.</param>
    /// <param name="earlierEnd">When the attempt before ended; null: there was none.</param>
    /// <param name="isFirst">Whether no attempt counts but one that runs or ended it.</param>
    /// <param name="until">When its wait ended.</param>
    public static DateTimeOffset Since(DateTimeOffset createdAt, DateTimeOffset? earlierEnd, bool isFirst, DateTimeOffset until) =>
        earlierEnd is not { } end ? createdAt : isFirst ? until : end;
}
