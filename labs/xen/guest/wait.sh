say up; sleep 600
