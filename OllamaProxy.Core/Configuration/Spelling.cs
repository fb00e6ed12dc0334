namespace OllamaProxy.Configuration;

/// <summary>Suggests names for misspelt ones.</summary>
public static class Spelling
{
    /// <summary>The known name at an edit distance of one or two; null: there is none, or the text is a known name itself.</summary>
    public static string? Nearest(string text, IEnumerable<string> known)
    {
        var nearest = known.MinBy(name => Distance(text, name));
        return nearest is not null && Distance(text, nearest) is > 0 and <= 2 ? nearest : null;
    }

    /// <summary>
    /// The edit distance (Damerau-Levenshtein, without case): how many letters are added, left out, replaced or swapped with the next one.
    /// </summary>
    public static int Distance(string one, string other)
    {
        (one, other) = (one.ToUpperInvariant(), other.ToUpperInvariant());
        var (beforeLast, last, row) = (new int[other.Length + 1], new int[other.Length + 1], new int[other.Length + 1]);
        for (var j = 0; j <= other.Length; j++)
            row[j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            (beforeLast, last, row) = (last, row, beforeLast);
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                row[j] = Math.Min(Math.Min(last[j], row[j - 1]) + 1, last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
        }
        return row[other.Length];
    }
}
