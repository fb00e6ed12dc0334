using OllamaProxy.Simulator;

try
{
    var line = CommandLine.Parse(args);
    if (line.Help)
    {
        Console.WriteLine(CommandLine.Usage);
        return 0;
    }

    await using var simulator = await OllamaSimulator.StartAsync(line.Options, line.Url);
    Console.WriteLine(line.Announce(simulator.BaseAddress));
    await StopSignal.WaitAsync();
    return 0;
}
catch (ArgumentException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}
catch (IOException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 1;
}
